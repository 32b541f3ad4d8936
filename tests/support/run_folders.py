"""Folders of runs with evidence, as a run leaves them, from made-up files."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from medimage.data.split import Split
from medimage.evidence.binding import bind_folder
from medimage.evidence.bound_file import StoredFile
from medimage.evidence.canonical_json import canonical_bytes
from medimage.evidence.images_list import case_numbers, images_list

IMAGES = {f"{part}-{number}": part for part in ("train", "validation", "test") for number in range(4)}
"""Content of each image → its part."""

CODE = {"medimage/__init__.py": "", "medimage/a.py": "A = 1\n", "steps/b.py": "B = 2\n"}
"""Source file → its text."""

_DOCUMENTS = {
    "report.html": ("report", b"<html>a report</html>"),
    "model.onnx": ("onnx", bytes(range(256)) * 4),
    "gate.json": ("gate", b'{"verdict": "PASS"}\n'),
    "config.yaml": ("configuration", b"problem: lung\n"),
}


def split_of_images() -> Split:
    """Returns a division of the made-up images into two classes."""
    ids = [hashlib.sha256(content.encode()).hexdigest() for content in IMAGES]
    return Split(
        image_ids=tuple(ids),
        labels=tuple("ab"[number % 2] for number in range(len(ids))),
        groups=tuple(f"Jane Doe {number}" for number in range(len(ids))),
        parts=tuple(IMAGES.values()),
        classes=("a", "b"),
    )


def write_images(folder: Path) -> Path:
    """Writes the made-up images as files and returns their folder."""
    for content in IMAGES:
        path = folder / content.partition("-")[0] / content
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def write_code(folder: Path) -> Path:
    """Writes the made-up source files and returns the folder that holds them."""
    for name, text in CODE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def make_run(
    workspace: Path,
    *,
    key: Ed25519PrivateKey | None = None,
    source: str = "folder",
    run_name: str = "run-1",
    before_binding: Callable[[Path], None] | None = None,
) -> Path:
    """Makes the folder of a run with its evidence, and weights in the artifact store beside it."""
    folder = workspace / "runs" / run_name
    folder.mkdir(parents=True)
    split = {"": split_of_images()}
    code = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in CODE.items()}
    documents = {
        **_DOCUMENTS,
        "images.parquet": ("images", images_list(split, cases=case_numbers(split.values()))),
        "code.json": ("code", canonical_bytes({"files": code})),
    }
    for name, (_, content) in documents.items():
        (folder / name).write_bytes(content)
    (folder / "stage1").mkdir()
    (folder / "stage1" / "epochs.csv").write_text("epoch,loss\n1,0.5\n")
    store = workspace / "store" / "7"
    store.mkdir(parents=True, exist_ok=True)
    (store / "best.safetensors").write_bytes(b"weights")
    weights = StoredFile(
        name="best.safetensors",
        role="weights",
        size=7,
        sha256=hashlib.sha256(b"weights").hexdigest(),
        place="store/7",
    )
    if before_binding is not None:
        before_binding(folder)
    bind_folder(
        folder,
        roles={name: role for name, (role, _) in documents.items()},
        claims={"problem": "lung", "source": source, "verdict": "PASS", "model_version": None},
        packages={"numpy": "2.0.0"},
        circumstances={"run_name": run_name, "written": "2026-01-01T00:00:00+00:00"},
        elsewhere=[weights],
        key=key,
    )
    return folder
