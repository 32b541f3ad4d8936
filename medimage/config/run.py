"""The whole configuration of one run."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from medimage.config.cross_validation import CrossValidationConfig
from medimage.config.data import DataConfig
from medimage.config.delivery import BentoConfig, ExportConfig, RegistryConfig, TrackingConfig
from medimage.config.dossier import DossierConfig
from medimage.config.evaluation import EvaluationConfig, ExplanationConfig
from medimage.config.evidence import EvidenceConfig
from medimage.config.experiment import ExperimentConfig
from medimage.config.gate import GateConfig
from medimage.config.metadata import ORIGIN
from medimage.config.model import ModelConfig
from medimage.config.names import ResourceName
from medimage.config.retraining import RetrainingConfig
from medimage.config.section import Section
from medimage.config.shortcuts import ShortcutConfig
from medimage.config.split import SplitConfig
from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.config.training import TrainingConfig


class RunConfig(Section):
    """One problem, from its images to its served classifier."""

    problem: ResourceName = "problem"
    """Short name of the problem: prefix of models, experiments and packages."""

    description: str = ""
    """One sentence on what is classified and for whom; goes on the model card."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    """Seed of the split, the initial weights, the augmentation and the bootstrap."""

    data: DataConfig
    split: SplitConfig = SplitConfig()
    shortcuts: ShortcutConfig = ShortcutConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    explanation: ExplanationConfig = ExplanationConfig()
    gate: GateConfig = GateConfig()
    export: ExportConfig = ExportConfig()
    registry: RegistryConfig = RegistryConfig()
    retraining: RetrainingConfig = RetrainingConfig()
    tracking: TrackingConfig = TrackingConfig()
    bento: BentoConfig = BentoConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    dossier: DossierConfig = DossierConfig()
    cross_validation: CrossValidationConfig = CrossValidationConfig()
    experiment: ExperimentConfig = ExperimentConfig()

    @property
    def registered_name(self) -> str:
        """Name of the registered model: the configured one, else that of problem and model."""
        return self.registry.name or f"{self.problem}-{self.model.name}".replace("/", "-").lower()

    @model_validator(mode="after")
    def _class_weights_name_classes(self) -> Self:
        weights, classes = self.training.class_weights, self.data.classes
        if isinstance(weights, dict) and classes != "auto" and set(weights) != set(classes):
            raise ValueError(
                f"training.class_weights must name each class once: expected {sorted(classes)} "
                f"but got {sorted(weights)}"
            )
        return self

    @model_validator(mode="after")
    def _prevalences_are_of_classes(self) -> Self:
        strangers = () if self.data.classes == "auto" else set(self.evaluation.prevalence) - set(self.data.classes)
        if strangers:
            raise ValueError(
                f"evaluation.prevalence names {sorted(strangers)}, which data.classes does not: expected some of "
                f"{list(self.data.classes)}"
            )
        return self

    @model_validator(mode="after")
    def _subgroups_name_metadata(self) -> Self:
        known = (ORIGIN, *self.data.metadata_columns)
        for name in self.evaluation.subgroups.columns if self.evaluation.subgroups.columns != "all" else ():
            if name not in known:
                raise ValueError(
                    f"evaluation.subgroups.columns names {name!r}, which is no metadata of data.metadata"
                    f"{did_you_mean(nearest_names(name, known)) or f': expected some of {list(known)}'}"
                )
        return self

    @model_validator(mode="after")
    def _frozen_batch_norm_has_been_trained(self) -> Self:
        if self.model.pretrained or self.model.weights is not None:
            return self
        has_learnt = False
        for number in self.training.trained_stages:
            stage = self.training.stage(number)
            if stage.trainable == "head":
                continue
            if stage.batch_norm == "frozen" and not has_learnt:
                # Many networks begin with a scale of zero in each residual branch, which then stays out for ever.
                raise ValueError(
                    f"training.stage{number}.batch_norm is frozen but the network is fresh (model.pretrained is false "
                    "and model.weights is not set): not all of its BatchNorm has learnt something that is worth "
                    "keeping; train it"
                )
            has_learnt |= stage.trainable == "all"
        return self
