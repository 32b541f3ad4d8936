"""The card of every run: what a reader must know of a model before using it, whether it passed or not.

Source: Mitchell et al. (2019), Model Cards for Model Reporting, FAT*.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from medimage.dossier.facts_of_data import facts_of_data
from medimage.dossier.run_record import RunRecord
from medimage.evaluation.shortcuts.sentences import warnings
from medimage.evaluation.shortcuts.table import table_rows
from medimage.registry.model_card import LIMITS, ModelCard, json_ready
from medimage.registry.provenance import Provenance

OUT_OF_SCOPE = (
    "Diagnosis, triage or treatment of any patient; images of another modality, projection or kind of patient; any "
    "use in "
    "which nobody looks at the image."
)

_LIMITS_OF_FOLDS = (
    "The results are those of one model per fold, each on images that it had not seen. No single model has been "
    "judged on "
    "all of them.",
)


@dataclass(frozen=True, kw_only=True)
class RunCard:
    """The card of a run.

    Attributes:
        model: What every card says; without a version, because a run that did not pass has none.
        out_of_scope: What the model must not be used for.
        provenance_of_data: What the run knows of its images, in sentences.
        calibration: The temperature, and what it rests on.
        decisions: Operating points and the like, and what they amount to on the test images; None where there are none.
        shortcuts: What was found about shortcuts and leakage: measure → value, interval and meaning.
        warnings: What a person must know before believing the results.
        subgroups: What was measured by age, sex, scanner or the like; empty where nothing was.
        statements: What the authors state, by its key; empty where they state nothing.
    """

    model: ModelCard
    out_of_scope: str
    provenance_of_data: tuple[str, ...]
    calibration: Mapping[str, Any]
    decisions: Mapping[str, Any] | None
    shortcuts: tuple[Mapping[str, str], ...]
    warnings: tuple[str, ...]
    subgroups: Mapping[str, Any] = field(default_factory=dict)
    statements: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values; a number that is not finite becomes None."""
        return {
            **self.model.to_dict(),
            "out_of_scope": self.out_of_scope,
            "provenance_of_data": list(self.provenance_of_data),
            "calibration": json_ready(self.calibration),
            "decisions": json_ready(self.decisions),
            "shortcuts_and_leakage": json_ready(self.shortcuts),
            "warnings": list(self.warnings),
            "subgroups": json_ready(self.subgroups),
            "statements_of_the_authors": dict(self.statements),
        }


def run_card(record: RunRecord, *, name: str, provenance: Provenance) -> RunCard:
    """Returns the card of a run.

    Args:
        record: The run.
        name: Name under which the model is, or would be, registered.
        provenance: Hashes of what it came from.
    """
    config, context, shortcuts = record.config, record.context, record.context.shortcuts
    statements = {key: text for key, text in config.dossier.model_dump().items() if text.strip()}
    of_run = (*_LIMITS_OF_FOLDS, *LIMITS[1:]) if record.folds else LIMITS
    data = {
        f"{part} {kind}": count
        for part, images in context.split_images.items()
        for kind, count in (("images", sum(images.values())), ("cases", context.split_case_totals.get(part)))
        if count is not None
    }
    return RunCard(
        model=ModelCard(
            name=name,
            description=config.description,
            spec=record.training.spec,
            metrics=record.evaluation.summary(),
            gate=record.gate_report.to_dict(),
            data=data,
            provenance=provenance,
            limits=of_run,
        ).stating(config.dossier),
        out_of_scope=config.dossier.out_of_scope.strip() or OUT_OF_SCOPE,
        provenance_of_data=tuple(fact.sentence for fact in facts_of_data(record).values()),
        calibration=record.evaluation.temperature.to_dict(),
        decisions=record.evaluation.decision_summary(),
        shortcuts=tuple(asdict(row) for row in table_rows(shortcuts)) if shortcuts else (),
        # The gate has taken some of the warnings over.
        warnings=tuple(dict.fromkeys([*record.gate_report.findings, *(warnings(shortcuts) if shortcuts else ())])),
        subgroups=record.subgroups,
        statements=statements,
    )
