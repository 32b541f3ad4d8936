"""The files of an exported model beside each other: size, speed and agreement."""

from typing import Any

from medimage.export.exported_format import TITLES, ExportedFormat
from medimage.export.exported_model import ExportedModel

COLUMNS = (
    "Format",
    "File",
    "Size",
    "One image, median",
    "One image, 95th percentile",
    "Largest difference of a probability",
    "Same decision",
)


def format_rows(exported: ExportedModel) -> list[tuple[str, ...]]:
    """Returns a row for each file, in the order of the columns, ONNX first."""
    return [_row(each) for each in exported.formats]


def format_values(exported: ExportedModel) -> list[dict[str, Any]]:
    """Returns the same as JSON-ready values, with the hash of each file."""
    return [
        {
            "format": each.name,
            "file": each.file_name,
            "size_bytes": len(each.content),
            "sha256": each.sha256,
            "latency": each.latency.to_dict(),
            "parity": each.parity.to_dict(),
        }
        for each in exported.formats
    ]


def _row(each: ExportedFormat) -> tuple[str, ...]:
    parity, latency = each.parity, each.latency
    return (
        TITLES[each.name],
        each.file_name,
        f"{len(each.content) / 1e6:.1f} MB",
        f"{latency.p50_ms:.1f} ms",
        f"{latency.p95_ms:.1f} ms",
        f"{parity.max_difference:.1e}",
        f"{parity.identical_decisions} of {parity.images} images",
    )
