"""A packaged model, served as a person would serve it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from medimage.decision.abstention_rule import AbstentionRule
from medimage.decision.conformal_sets import ConformalSets
from medimage.decision.decision_rules import DecisionRules
from medimage.decision.operating_point import OperatingPoint
from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.serving.bundle import PackagedBento, build_bento
from medimage.serving.quality.intensity_reference import IntensityReference
from tests.support.exported import CLASSES, SLOPE, make_card, make_exported
from tests.support.images import encode
from tests.support.processes import free_port, running_server

THRESHOLDS = dict(zip(CLASSES, (0.5, 0.3, None), strict=True))

GRADIENT = np.tile(np.arange(40, 104, dtype=np.uint8), (64, 1))
"""An image of dark grays, as the images that `TRAINED_ON` is of."""

GOOD = encode(GRADIENT)


def served_rules() -> DecisionRules:
    """Returns rules of each kind; the last class has no threshold."""
    points = {
        name: OperatingPoint(
            threshold=value, target_sensitivity=0.95, cases=40, reason="" if value is not None else "too few"
        )
        for name, value in THRESHOLDS.items()
    }
    return DecisionRules(
        operating_points=points,
        abstention=AbstentionRule(threshold=0.45, target_error=0.05, confidence=0.95, cases=120),
        conformal=ConformalSets(
            thresholds=dict.fromkeys(CLASSES, 0.25), coverage=0.9, cases=dict.fromkeys(CLASSES, 40)
        ),
    )


def trained_on() -> IntensityReference:
    """Returns the gray levels of dark images, those of `GRADIENT` among them."""
    counts = np.zeros((200, 1, 256), np.int64)
    for image in range(200):
        counts[image, 0, 30 + image % 20 : 94 + image % 20] = 16
    reference = fit_intensity_reference(counts[::2], counts[1::2])
    assert reference is not None
    return reference


def make_bento(home: Path, *, slope: float = SLOPE) -> PackagedBento:
    """Packages the brightness model with rules and gray levels."""
    exported = make_exported(slope=slope, rules=served_rules(), intensities=trained_on())
    card = make_card().with_version("1.2.3").to_dict()
    return build_bento(exported=exported, card=card, name="medimage-test", bento_home=home)


@dataclass(frozen=True, kw_only=True)
class Served:
    """A service that runs.

    Attributes:
        address: Where.
        client: A client of it.
        log: What the server printed.
        process_group: Its processes.
    """

    address: str
    client: httpx.Client
    log: Path
    process_group: int


def serve_command(bento: PackagedBento, *, host: str = "127.0.0.1", port: int) -> list[str]:
    """Returns the command that serves a Bento."""
    return [sys.executable, "-m", "bentoml", "serve", bento.tag, "--host", host, "--port", str(port)]


def serve_environment(bento: PackagedBento, **settings: str) -> dict[str, str]:
    """Returns the environment that the command runs in: `tokens` becomes `MEDIMAGE_SERVE_TOKENS`."""
    home = bento.path.parents[2]
    variables = {f"MEDIMAGE_SERVE_{name.upper()}": value for name, value in settings.items()}
    return {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True", **variables}


@contextmanager
def serving(bento: PackagedBento, folder: Path, **settings: str) -> Iterator[Served]:
    """Serves a Bento from a folder of its own; settings as in `serve_environment`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = folder / "serve.log"
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    with (
        running_server(
            serve_command(bento, port=port),
            address=address,
            ready="/readyz",
            cwd=elsewhere,
            environment=serve_environment(bento, **settings),
            log=log,
        ) as group,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Served(address=address, client=client, log=log, process_group=group)
