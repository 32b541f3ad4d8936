"""The card of an ensemble: what was judged, and what was not."""

from collections.abc import Sequence

from medimage.data.folds_hash import hash_of_splits
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.registry.evidence import evidence_hash
from medimage.registry.model_card import LIMITS_OF_EVERY_MODEL, ModelCard
from medimage.registry.provenance import Provenance

_LIMITS = (
    "The results are those of its members, each on the fold that it had not seen. The ensemble itself was judged on no "
    "unseen image: every image was trained on, or used to choose the epoch, by all but one member. It is a challenger "
    "until it has been judged on images that none of them has seen.",
    "Every member's temperature was fitted on its own validation images; how well the mean of their probabilities is "
    "calibrated is not known.",
    "Its members were measured on one data set. Nothing is known about other scanners, hospitals or populations.",
)


def ensemble_card(
    *,
    exported: ExportedModel,
    gate_report: GateReport,
    pooled: Evaluation,
    splits: Sequence[Split],
    name: str,
    description: str,
    run_id: str,
    config_hash: str,
) -> ModelCard:
    """Writes the card.

    Args:
        exported: The graph.
        gate_report: The verdict on the out-of-fold predictions.
        pooled: Those predictions.
        splits: What each member was trained and tested on.
        name: Name of the registered model.
        description: One sentence on what is classified and for whom.
        run_id: Name of the pipeline run.
        config_hash: SHA-256 of the configuration.
    """
    trained = [sum(split.counts("train").values()) for split in splits]
    return ModelCard(
        name=name,
        description=description,
        spec=exported.spec,
        metrics=pooled.summary(),
        gate=gate_report.to_dict(),
        data={
            "members": len(splits),
            "training images of a member": f"{min(trained)} to {max(trained)}",
            "out-of-fold images": len(pooled.test),
            "out-of-fold groups": len(set(pooled.test.groups)),
        },
        provenance=Provenance(
            run_id=run_id,
            config_hash=config_hash,
            data_hash=hash_of_splits(splits),
            evidence_hash=evidence_hash(pooled, gate_report),
        ),
        limits=(*_LIMITS, *LIMITS_OF_EVERY_MODEL),
    )
