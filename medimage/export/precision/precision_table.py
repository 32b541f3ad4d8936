"""All files of a model beside each other: size, speed, agreement, and what was decided about each."""

from medimage.export.exported_format import TITLES
from medimage.export.exported_model import ExportedModel
from medimage.export.precision.candidate import PrecisionCandidate
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.export.precision.sensitivity_change import SensitivityChange
from medimage.serving.model_metadata import FULL_PRECISION

COLUMNS = (
    "Format",
    "Precision",
    "Size",
    "One image",
    "Speed",
    "Largest difference of a probability",
    "Same decision",
    "Gate",
    "Outcome",
)
"""Columns of the candidates; `One image` is the graph alone, in one thread, all graphs in turns."""

RESEMBLANCE_COLUMNS = ("Precision", "What", "Measure", "Mean", "Lowest", "At least", "Images")
"""Columns of how much embeddings and heat maps are like those of single precision."""

_NOTHING = "–"  # noqa: RUF001
_SIZE, _MILLISECONDS = "{:.1f} MB", "{:.1f} ms"


def precision_rows(choice: PrecisionChoice) -> list[tuple[str, ...]]:
    """Returns a row for the graph in single precision, and for each candidate."""
    full = (
        TITLES["onnx"],
        FULL_PRECISION,
        _SIZE.format(choice.full_size_bytes / 1e6),
        _MILLISECONDS.format(choice.full_speed.median_ms),
        "1",
        "0",
        "all",
        "PASS",
        "served" if choice.adopted is None else f"not served: {choice.served} is faster",
    )
    return [full, *(_row(each, choice) for each in choice.candidates)]


def change_rows(choice: PrecisionChoice) -> list[tuple[str, ...]]:
    """Returns a row for each sensitivity of each candidate: precision, what, change, interval, lost, won, outcome."""
    return [
        (each.precision, *_change(change), "kept" if change.is_within(choice.sensitivity_margin) else "dropped")
        for each in choice.candidates
        for change in each.changes
    ]


def resemblance_rows(choice: PrecisionChoice) -> list[tuple[str, ...]]:
    """Returns a row for each likeness of each candidate, with the columns of `RESEMBLANCE_COLUMNS`."""
    return [
        (
            each.precision,
            like.subject,
            like.measure,
            f"{like.mean:.3f}",
            f"{like.lowest:.3f}",
            f"{like.least:g}",
            str(like.images),
        )
        for each in choice.candidates
        for like in each.resemblances
    ]


def report_rows(exported: ExportedModel, choice: PrecisionChoice | None) -> list[tuple[str, ...]]:
    """Returns a row for every file: format, precision, size, three times, difference, decisions, gate, outcome.

    Args:
        exported: The model in single precision, with its further formats.
        choice: What was tried in fewer bits; None where nothing was.
    """
    tried = {} if choice is None else {row[1]: row for row in precision_rows(choice)}
    rows: list[tuple[str, ...]] = []
    for each in exported.formats:
        is_onnx = each.name == "onnx"
        _, _, _, one_image, speed, _, _, _, outcome = tried.get(
            FULL_PRECISION, ("",) * 3 + (_NOTHING,) * 5 + ("served",)
        )
        rows.append(
            (
                TITLES[each.name],
                FULL_PRECISION,
                _SIZE.format(len(each.content) / 1e6),
                one_image if is_onnx else _NOTHING,
                speed if is_onnx else _NOTHING,
                _MILLISECONDS.format(each.latency.p50_ms),
                f"{each.parity.max_difference:.1e}",
                f"{each.parity.identical_decisions} of {each.parity.images}",
                "PASS" if is_onnx else _NOTHING,
                outcome if is_onnx else "beside it, for programs that run PyTorch",
            )
        )
    candidates = [(*row[:5], _NOTHING, *row[5:]) for precision, row in tried.items() if precision != FULL_PRECISION]
    return [rows[0], *candidates, *rows[1:]]


def _row(candidate: PrecisionCandidate, choice: PrecisionChoice) -> tuple[str, ...]:
    size, speed, agreement, gate = candidate.size_bytes, candidate.speed, candidate.agreement, candidate.gate_report
    return (
        TITLES["onnx"],
        candidate.precision,
        _NOTHING if size is None else _SIZE.format(size / 1e6),
        _NOTHING if speed is None else _MILLISECONDS.format(speed.median_ms),
        _NOTHING if speed is None else f"{speed.speedup:.2f}",
        _NOTHING if agreement is None else f"{agreement.max_difference:.1e}",
        _NOTHING if agreement is None else f"{agreement.identical_decisions} of {agreement.images}",
        _NOTHING if gate is None else gate.verdict.value,
        choice.outcome_of(candidate),
    )


def _change(change: SensitivityChange) -> tuple[str, ...]:
    estimate = change.difference
    limits = f"{estimate.low:+.3f} to {estimate.high:+.3f}" if estimate.has_interval else estimate.reason
    return (change.title, f"{estimate.value:+.3f}", limits, str(change.lost), str(change.won), str(change.images))
