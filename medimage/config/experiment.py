"""Candidates that an experiment compares on one split."""

from typing import Any, Self

from pydantic import Field, model_validator

from medimage.config.names import ResourceName
from medimage.config.section import Section


class CandidateConfig(Section):
    """What one candidate does otherwise than the sections `model` and `training` say; nothing where it is empty."""

    model: dict[str, Any] = Field(default={})
    """Keys of the section `model` that differ, each checked as there."""

    training: dict[str, Any] = Field(default={})
    """Keys of the section `training` that differ, each checked as there."""

    def changes(self) -> dict[str, Any]:
        """Returns the sections that differ, as plain values; empty ones are left out."""
        return {name: values for name, values in (("model", self.model), ("training", self.training)) if values}


class ExperimentConfig(Section):
    """What the experiment pipeline compares; the other pipelines refuse a configuration with candidates."""

    candidates: dict[ResourceName, CandidateConfig] = Field(default={})
    """Candidates by name: each lays its keys of `model` and `training` over the sections of that name. All of them are
    trained on the same images and judged on the same test set."""

    candidate: ResourceName | None = None
    """The candidate that the train pipeline trains, as an experiment recommends one; what the experiment has trained
    is taken from the cache."""

    @model_validator(mode="after")
    def _candidate_is_one(self) -> Self:
        if self.candidate is not None and self.candidate not in self.candidates:
            raise ValueError(f"candidate is {self.candidate!r} but the candidates are {list(self.candidates)}")
        return self
