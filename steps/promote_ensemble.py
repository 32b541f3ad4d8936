"""Step: register the exported ensemble, with its card and evidence, as the challenger."""

from typing import Annotated, Literal

from zenml import get_step_context, step

from materializers.model_card import ModelCardMaterializer
from materializers.registered_version import RegisteredVersionMaterializer
from medimage.config.dossier import DossierConfig
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.registry.aliases import CHALLENGER
from medimage.registry.ensemble_card import ensemble_card
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
def promote_ensemble(
    exported: ExportedModel,
    gate_report: GateReport,
    pooled: Evaluation,
    splits: list[Split],
    name: str,
    description: str,
    dossier: DossierConfig,
    config_hash: str,
    experiment: str,
    comparison: Literal["require", "show", "off"],
) -> tuple[Annotated[RegisteredVersion, "registered"], Annotated[ModelCard, "card"]]:
    """Registers the ensemble of a recipe that passed the gate; refuses any other.

    It becomes the challenger and not the champion: its members were judged, and it was not.

    Args:
        exported: The graph.
        gate_report: The verdict on the out-of-fold predictions of its members.
        pooled: Those predictions.
        splits: What each member was trained and tested on.
        name: Name of the registered model.
        description: One sentence on what is classified and for whom.
        dossier: What the authors state; use and limits stand on the card.
        config_hash: SHA-256 of the configuration.
        experiment: MLflow experiment.
        comparison: Section `gate.champion.comparison`. The ensemble itself was compared with nobody: where it is
            required, only a person with a reason can make it the champion in place of another one.
    """
    gate_report.require_pass()
    card = ensemble_card(
        exported=exported,
        gate_report=gate_report,
        pooled=pooled,
        splits=splits,
        name=name,
        description=description,
        run_id=get_step_context().pipeline_run.name,
        config_hash=config_hash,
    ).stating(dossier)
    registration = register_model(
        exported=exported,
        card=card,
        gate_report=gate_report,
        lineage=Lineage(images=SeenImages.of(splits), predictions=pooled.test.content_hash, comparison=comparison),
        name=name,
        experiment=experiment,
        alias=CHALLENGER,
    )
    # The card of the registry, which is an older one where the same model was registered before.
    return registration.version, registration.card
