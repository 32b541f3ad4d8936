"""A drift check of 100,000 rows of a prediction log takes at most 60 s and 2 GB, Evidently's page included."""

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.support.made_up_rows import CLASSES, SHA256, logged_rows, projection_of
from benchmarks.support.measurement import Measurement
from medimage.monitoring.drift_check import check_drift
from medimage.monitoring.evidently_page import evidently_html
from medimage.monitoring.read_window import read_window
from medimage.monitoring.reference import MonitoringReference
from medimage.serving.prediction_log.logged_prediction import EMBEDDING_NUMBERS
from medimage.serving.prediction_log.reader import read_prediction_log_files
from medimage.serving.prediction_log.writer import PredictionLogWriter

ROWS = 100_000
REFERENCE = 2_000
EMBEDDING = 1280
"""Numbers in an embedding of a MobileNetV2; a ResNet18 has 512."""

_TARGET_SECONDS = 60
_LARGEST_GB = 2.0


def measure() -> Measurement:
    """Writes a log, and checks it in a process of its own, from the first import to the page."""
    with TemporaryDirectory(prefix="medimage-benchmark-") as folder:
        log, reference = Path(folder) / "log", Path(folder) / "reference.parquet"
        _write(log, reference)
        size = sum(path.stat().st_size for path in log.iterdir())
        begun = time.perf_counter()
        finished = subprocess.run(
            [sys.executable, "-m", "benchmarks.drift_speed", str(log), str(reference)],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - begun
    *lines, gigabytes = finished.stdout.splitlines()
    holds = float(gigabytes) <= _LARGEST_GB
    return Measurement(
        name="drift_speed",
        measured=seconds if holds else float("inf"),
        target=_TARGET_SECONDS,
        unit="s",
        direction="at_most",
        details=(
            f"{ROWS} rows with embeddings of {EMBEDDING} numbers, {size / 2**30:.2f} GiB of log, "
            f"{REFERENCE} images of reference",
            *lines,
            f"{seconds:.1f} s and a peak of {float(gigabytes):.2f} GB (at most {_LARGEST_GB:g})",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _write(log: Path, reference: Path) -> None:
    generator = np.random.default_rng(0)
    embeddings = [generator.normal(size=EMBEDDING).astype(EMBEDDING_NUMBERS).tobytes() for _ in range(REFERENCE)]
    rows = [
        replace(row, embedding=embedding)
        for row, embedding in zip(logged_rows(REFERENCE, seed=1), embeddings, strict=True)
    ]
    known = MonitoringReference.of_rows(rows, sha256=SHA256, classes=CLASSES, projection=projection_of(EMBEDDING))
    reference.write_bytes(known.to_parquet())
    writer = PredictionLogWriter(log, file_bytes=64 * 2**20)
    for start in range(0, ROWS, REFERENCE):
        for number, row in enumerate(logged_rows(REFERENCE, seed=2 + start, first=start)):
            writer.append(replace(row, embedding=embeddings[number]))


def _check(log: Path, reference_file: Path) -> None:
    begun = time.perf_counter()
    reference = MonitoringReference.from_parquet(reference_file.read_bytes())
    window = read_window(
        read_prediction_log_files(log), sha256=SHA256, classes=CLASSES, projection=reference.projection
    )
    print(f"reading: {time.perf_counter() - begun:.1f} s, {len(window.observations)} rows")
    begun = time.perf_counter()
    check = check_drift(reference.observations, window.observations)
    print(f"tests: {time.perf_counter() - begun:.1f} s, {check.verdict}")
    begun = time.perf_counter()
    page = evidently_html(reference.observations, window.observations, check)
    print(f"page: {time.perf_counter() - begun:.1f} s with the import of Evidently, {len(page) / 2**20:.1f} MiB")
    print(f"processor time: {time.process_time():.1f} s")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)


if __name__ == "__main__":
    _check(Path(sys.argv[1]), Path(sys.argv[2]))
