"""The card of a model that was trained on one split."""

from medimage.data.split import PARTS, Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.registry.evidence import evidence_hash
from medimage.registry.model_card import ModelCard
from medimage.registry.provenance import Provenance


def candidate_card(
    *,
    exported: ExportedModel,
    gate: GateReport,
    evidence: GateReport,
    evaluation: Evaluation,
    split: Split,
    name: str,
    description: str,
    run_id: str,
    config_hash: str,
) -> ModelCard:
    """Returns the card.

    Args:
        exported: The graph that is served.
        gate: The verdict that lets it be registered.
        evidence: The verdict that stands for its evidence: by all criteria that it was held against.
        evaluation: What was measured of it.
        split: What it was trained and tested on.
        name: Name of the registered model.
        description: One sentence on what is classified and for whom.
        run_id: The run.
        config_hash: SHA-256 of the configuration.
    """
    return ModelCard(
        name=name,
        description=description,
        spec=exported.spec,
        precision=exported.precision,
        metrics=evaluation.summary(),
        gate=gate.to_dict(),
        data={f"{part} images": sum(split.counts(part).values()) for part in PARTS}
        | {f"{part} groups": split.group_count(part) for part in PARTS},
        provenance=Provenance(
            run_id=run_id,
            config_hash=config_hash,
            data_hash=split.content_hash,
            evidence_hash=evidence_hash(evaluation, evidence),
        ),
    )
