"""What the orchestrator keeps of runs: which steps they had, what those took and gave, and where it came from."""

import datetime
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class RecordedStep:
    """A step of a run.

    Attributes:
        identifier: Tells it from all others.
        taken_from: The step whose outputs it took from the cache; None where it ran itself.
        artifacts: Everything that it took and gave.
    """

    identifier: str
    taken_from: str | None = None
    artifacts: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class RecordedRun:
    """A run.

    Attributes:
        identifier: Tells it from all others.
        name: What registered models, evidence and folders call it.
        last_active: When it ended, or was begun where no end is known; with a time zone.
        is_over: Whether it has ended, however it did.
        steps: Its steps.
        artifacts: What it gave as a whole, beside what its steps did.
        is_linked: Whether a version of a model names it.
    """

    identifier: str
    name: str
    last_active: datetime.datetime
    is_over: bool
    steps: tuple[RecordedStep, ...] = ()
    artifacts: frozenset[str] = frozenset()
    is_linked: bool = False

    @property
    def used(self) -> frozenset[str]:
        """Every artifact that it or one of its steps took or gave."""
        return self.artifacts.union(*(step.artifacts for step in self.steps))


@dataclass(frozen=True, kw_only=True)
class RecordedArtifact:
    """A stored artifact.

    Attributes:
        identifier: Tells it from all others.
        kind: What it is, such as `pixels`.
        made: When; with a time zone.
        is_linked: Whether a version of a model names it.
    """

    identifier: str
    kind: str
    made: datetime.datetime
    is_linked: bool = False


@dataclass(frozen=True, kw_only=True)
class RunGraph:
    """All runs and artifacts.

    Attributes:
        runs: The runs.
        artifacts: The artifacts.
        mentions: Texts of the model registry, any of which may hold the name of a run: what it mentions is kept.
    """

    runs: tuple[RecordedRun, ...]
    artifacts: tuple[RecordedArtifact, ...]
    mentions: frozenset[str] = field(default=frozenset())

    def is_mentioned(self, run_name: str) -> bool:
        """Returns whether the model registry mentions a run, or a fold or candidate of it."""
        return any(run_name in text for text in self.mentions)
