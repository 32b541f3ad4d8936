"""How the state of a stage becomes a checkpoint, and a checkpoint the state of a stage."""

import dataclasses
from dataclasses import dataclass

from medimage.config.stage import StageConfig
from medimage.training.checkpointing.checkpoint import Checkpoint
from medimage.training.learner import LearnerState
from medimage.training.progress import StageProgress
from medimage.training.stage_setting import StageSetting

_BEST = "best."
_SETTINGS = ("batch_size", "accumulation", "precision")
"""What a stage may have changed to go on."""


@dataclass(frozen=True, kw_only=True)
class StageState:
    """All that a stage has come to after an epoch.

    Attributes:
        learner: What steps change.
        progress: Epochs, and the best of them.
        setting: The setting that is used.
    """

    learner: LearnerState
    progress: StageProgress
    setting: StageSetting

    def to_checkpoint(self) -> Checkpoint:
        """Returns the state as a checkpoint."""
        best = {f"{_BEST}{key}": value for key, value in self.progress.best.entries.items()}
        return Checkpoint(
            epoch=len(self.progress.records),
            tensors=self.learner.tensors | best,
            values={
                "learner": self.learner.values,
                "progress": self.progress.values(),
                "setting": {name: getattr(self.setting, name) for name in _SETTINGS},
            },
        )

    @classmethod
    def of_checkpoint(cls, checkpoint: Checkpoint, *, config: StageConfig, setting: StageSetting) -> "StageState":
        """Returns the state that a checkpoint was made of.

        Args:
            checkpoint: One of this training.
            config: Recipe of the stage.
            setting: The setting that the stage was to begin with.
        """
        tensors, values = checkpoint.tensors, checkpoint.values
        best = {key.removeprefix(_BEST): value for key, value in tensors.items() if key.startswith(_BEST)}
        others = {key: value for key, value in tensors.items() if not key.startswith(_BEST)}
        return cls(
            learner=LearnerState(tensors=others, values=values["learner"]),
            progress=StageProgress.restored(config, values["progress"], best),
            setting=dataclasses.replace(setting, **values["setting"]),
        )
