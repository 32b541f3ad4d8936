"""What was found out about a registered version after it was registered, kept with it."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_reference import VersionReference

_TAG = "evaluation"
_FOLDER = "evaluations"


@dataclass(frozen=True, kw_only=True)
class VersionEvaluation:
    """A version judged on images.

    Attributes:
        run_id: Name of the pipeline run.
        data_hash: Hash of the images and labels, or of their split.
        config_hash: Hash of the validated configuration, which holds the thresholds.
        part: `all` images or those of the `test` part.
        images: Images that it was judged on.
        gate: The verdict, as `GateReport.to_dict()` gives it.
        metrics: The metrics, as `Evaluation.summary()` gives them.
    """

    run_id: str
    data_hash: str
    config_hash: str
    part: str
    images: int
    gate: Mapping[str, Any]
    metrics: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Stands for the images and the thresholds: another evaluation has another key."""
        return f"{self.part}-{self.data_hash[:12]}-{self.config_hash[:12]}"

    def to_tags(self) -> dict[str, str]:
        """Returns the tags by which it is seen at the version."""
        told = {
            "verdict": str(self.gate["verdict"]),
            "data_hash": self.data_hash,
            "run_id": self.run_id,
            "images": str(self.images),
            "accuracy": f"{self.metrics['accuracy']['value']:.4f}",
        }
        return {f"{_TAG}.{self.key}.{name}": value for name, value in told.items()}


def evaluations_in(tags: Mapping[str, str]) -> tuple[dict[str, str], ...]:
    """Returns what a version's tags tell of its evaluations, each with its `key`, in the order of their keys."""
    told: dict[str, dict[str, str]] = {}
    for name, value in sorted(tags.items()):
        prefix, _, rest = name.partition(".")
        key, _, what = rest.rpartition(".")
        if prefix == _TAG and key:
            told.setdefault(key, {"key": key})[what] = value
    return tuple(told.values())


def link_evaluation(model: VersionReference, evaluation: VersionEvaluation, *, report: str) -> None:
    """Writes an evaluation to a version's tags, and its figures and report beside the version's files.

    Evaluations on other images or by other thresholds stay; the same one is written again as it is.

    Args:
        model: The version.
        evaluation: What was found.
        report: The page.

    Raises:
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    client = open_client()
    number = str(model.version)
    with registry_errors(f"The evaluation of {model.title} cannot be written to the registry"):
        run_id = client.get_model_version(model.name, number).run_id
        if run_id:
            with tempfile.TemporaryDirectory(prefix="medimage-evaluation-") as folder:
                values = json.dumps(asdict(evaluation), indent=2, ensure_ascii=False)
                (Path(folder) / "evaluation.json").write_text(values + "\n", encoding="utf-8")
                (Path(folder) / "report.html").write_text(report, encoding="utf-8")
                client.log_artifacts(run_id, folder, f"{_FOLDER}/{model.name}-{number}/{evaluation.key}")
        for name, value in evaluation.to_tags().items():
            client.set_model_version_tag(model.name, number, name, value)
