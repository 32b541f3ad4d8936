"""What a stage tries where it cannot go on as it was told to."""

import dataclasses
import logging

from medimage.models.batch_limits import SMALLEST_BATCH
from medimage.training.divergence import DivergenceError, likely_causes
from medimage.training.failures import is_out_of_memory
from medimage.training.stage_setting import StageSetting

logger = logging.getLogger(__name__)


def more_careful(error: Exception, *, setting: StageSetting, rates: str) -> StageSetting | None:
    """Returns the setting to try after an error, and says so; none where there is nothing left to try.

    Args:
        error: What ended the attempt.
        setting: The setting that it was made with.
        rates: Learning rates that it was made with, in words.
    """
    if isinstance(error, DivergenceError):
        careful = in_full_precision(setting)
        causes = likely_causes(stage=setting.stage, rates=rates, precision=setting.precision)
        told = (
            f"{error}, computed in {setting.precision}. Going back to the last good state, to go on in fp32. {causes}"
        )
    elif is_out_of_memory(error) and setting.processes.count == 1:
        # Of several processes, the others would not know: they wait for this one in an exchange that it does not reach.
        careful = with_smaller_batches(setting)
        told = (
            f"memory ran out with batches of {setting.batch_size} images. Going back to the last good state, to go on "
            f"in batches of {setting.batch_size // 2}, {2 * setting.accumulation} of them in a step."
        )
    else:
        return None
    if careful is not None:
        logger.warning("Stage %s: %s", setting.stage, told)
    return careful


def in_full_precision(setting: StageSetting) -> StageSetting | None:
    """Returns a setting in fp32; none where it is that already."""
    return None if setting.precision == "fp32" else dataclasses.replace(setting, precision="fp32")


def with_smaller_batches(setting: StageSetting) -> StageSetting | None:
    """Returns a setting with half the images in a batch, and twice as many batches in a step.

    A step has as many images as before; of an odd number, halved downwards, one in each batch is lost to it. None where
    batches cannot be smaller.
    """
    half = setting.batch_size // 2
    if half < SMALLEST_BATCH:
        return None
    return dataclasses.replace(setting, batch_size=half, accumulation=2 * setting.accumulation)
