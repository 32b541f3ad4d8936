"""Step: package the exported model as a Bento that `bentoml serve` runs."""

import os
from pathlib import Path
from typing import Annotated

from zenml import step

from materializers.bento_archive import BentoArchiveMaterializer
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.exported_model import ExportedModel
from medimage.registry.model_card import ModelCard
from medimage.serving.bento_archive import BentoArchive
from medimage.serving.bundle import build_bento
from steps.code_files import cache_on_code


@step(output_materializers={"bento": BentoArchiveMaterializer}, cache_policy=cache_on_code(__name__))
def package_bento(
    exported: ExportedModel, gate_report: GateReport, card: ModelCard, name: str
) -> Annotated[BentoArchive, "bento"]:
    """Packages a model that passed the gate; refuses any other.

    Args:
        exported: The graph.
        gate_report: The verdict.
        card: The model's card, which the service shows.
        name: Name of the Bento.
    """
    gate_report.require_pass()
    bento = build_bento(exported=exported, card=card.to_dict(), name=name, bento_home=Path(os.environ["BENTOML_HOME"]))
    return BentoArchive.pack(bento.path, tag=bento.tag)
