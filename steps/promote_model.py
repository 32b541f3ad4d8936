"""Step: register the exported model, with its card and evidence, as the champion."""

from typing import Annotated, Literal

from zenml import get_step_context, step

from materializers.model_card import ModelCardMaterializer
from materializers.registered_version import RegisteredVersionMaterializer
from medimage.config.dossier import DossierConfig
from medimage.data.split import Split
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.monitoring.reference import MonitoringReference
from medimage.registry.candidate_card import candidate_card
from medimage.registry.held_against import HeldAgainst
from medimage.registry.lineage import Lineage
from medimage.registry.model_card import ModelCard
from medimage.registry.model_registry import register_model
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.seen_images import SeenImages
from steps.code_files import cache_on_code


@step(
    output_materializers={"registered": RegisteredVersionMaterializer, "card": ModelCardMaterializer},
    cache_policy=cache_on_code(__name__),
)
def promote_model(
    exported: ExportedModel,
    gate_report: GateReport,
    evaluation: Evaluation,
    split: Split,
    champion: ChampionComparison,
    reference: MonitoringReference,
    name: str,
    description: str,
    dossier: DossierConfig,
    config_hash: str,
    experiment: str,
    comparison: Literal["require", "show", "off"],
) -> tuple[Annotated[RegisteredVersion, "registered"], Annotated[ModelCard, "card"]]:
    """Registers a model that passed the gate; refuses any other.

    Args:
        exported: The graph that is served.
        gate_report: The verdict on it.
        evaluation: What was measured of it.
        split: What it was trained and tested on.
        champion: What it was held against.
        reference: What it says of held-out images, for monitoring.
        name: Name of the registered model.
        description: One sentence on what is classified and for whom.
        dossier: What the authors state; use and limits stand on the card.
        config_hash: SHA-256 of the configuration.
        experiment: MLflow experiment.
        comparison: Section `gate.champion.comparison`: where it is required, no other champion is replaced.
    """
    gate_report.require_pass()
    card = candidate_card(
        exported=exported,
        gate=gate_report,
        evidence=gate_report,
        evaluation=evaluation,
        split=split,
        name=name,
        description=description,
        run_id=get_step_context().pipeline_run.name,
        config_hash=config_hash,
    ).stating(dossier)
    registration = register_model(
        exported=exported,
        card=card,
        gate_report=gate_report,
        lineage=Lineage(
            images=SeenImages.of([split]),
            # Fewer bits answer otherwise, but a run that is repeated has the same network before them.
            predictions=(
                exported.reduction.full_precision_predictions if exported.reduction else evaluation.test.content_hash
            ),
            compared_with=champion.version,
            comparison=comparison,
        ),
        name=name,
        experiment=experiment,
        held_against=HeldAgainst(version=champion.version) if comparison == "require" else None,
        reference=reference,
    )
    # The card of the registry, which is an older one where the same model was registered before.
    return registration.version, registration.card
