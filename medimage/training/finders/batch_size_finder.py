"""The batch size `auto`: the largest one that fits and is of use."""

import gc
import logging
from collections.abc import Callable
from typing import Final

import torch

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import TrainingError
from medimage.models.batch_limits import LARGEST_BATCH, SMALLEST_BATCH
from medimage.models.build import build_network
from medimage.models.device import Precision, resolve_device, resolve_precision
from medimage.models.table_defaults import resolve_learning_rates
from medimage.models.trained_model import ModelSpec
from medimage.training.determinism import reproducible
from medimage.training.failures import is_out_of_memory
from medimage.training.finders.step_memory import measure_step_memory
from medimage.training.finders.trial import try_steps
from medimage.training.inputs.host_memory import available_memory

logger = logging.getLogger(__name__)

STEPS_PER_EPOCH: Final = 10
"""Fewer steps in an epoch would leave a network next to untrained, however many images each of them saw."""

_FIRST_TRIED: Final = 32
_HOST_SHARE: Final = 0.6
"""Share of the host's free memory that a step may take: validation, explanation and whatever else runs needs some."""

_ACCELERATOR_SHARE: Final = 0.9
"""Share of an accelerator's free memory that a step may take: what is left goes to pieces that nothing fits into."""


def find_batch_size(spec: ModelSpec, *, training: TrainingConfig, data: LabelledPixels) -> int:
    """Finds the largest power of two that fits into memory, up to what is of use for the training images.

    On an accelerator, real steps are run in growing batches; one that runs out of memory gives back what it took. On
    a CPU the peaks of two small steps are measured and continued in a straight line, because there memory that runs
    out ends the process.

    Args:
        spec: The network.
        training: The recipe; the stage that trains most decides for both.
        data: Training images.

    Raises:
        TrainingError: If the smallest batch does not fit.
        ConfigurationError: If the recipe does not fit the network.
    """
    number = max(training.trained_stages, key=lambda number: training.stage(number).trainable != "head")
    config = resolve_learning_rates(training.stage(number), model=spec.name, section=f"training.stage{number}")
    device = resolve_device(training.device)
    precision = resolve_precision(training.precision, device=device)
    useful = largest_useful(len(data))
    if device.type == "cpu":
        memory = measure_step_memory(spec, config=config, training=training, precision=precision)
        free = available_memory()
        found = largest_fitting(lambda size: memory.needed(size) <= _HOST_SHARE * free, limit=useful)
        measured = (
            f"each image takes {memory.bytes_per_image / 2**20:,.1f} MiB beside {memory.fixed_bytes / 2**20:,.0f} MiB, "
            f"and {free / 2**30:,.1f} GiB are free"
        )
    else:
        trial = _accelerator_trial(
            spec, config=config, training=training, data=data, device=device, precision=precision
        )
        found = largest_fitting(trial, limit=useful)
        measured = f"tried on {device}"
    if found is None:
        raise TrainingError(
            f"training.batch_size is auto, but not even {SMALLEST_BATCH} images of {spec.name} at {spec.input_size} px "
            f"fit into the memory of {device}. Choose a smaller model or model.input_size, or train fewer blocks."
        )
    reason = f"no larger one is of use for {len(data):,} images" if found == useful else "a larger one does not fit"
    logger.info("training.batch_size: auto is %d for %s: %s (%s)", found, spec.name, reason, measured)
    return found


def largest_useful(images: int) -> int:
    """Returns the largest power of two that leaves enough steps in an epoch over so many images."""
    bound = min(LARGEST_BATCH, images // STEPS_PER_EPOCH)
    return max(SMALLEST_BATCH, 2 ** (bound.bit_length() - 1) if bound else SMALLEST_BATCH)


def largest_fitting(fits: Callable[[int], bool], *, limit: int) -> int | None:
    """Returns the largest power of two that fits: doubled while it does, or halved until it does.

    Args:
        fits: Whether a batch of so many images fits; no larger one than one that does not.
        limit: Largest batch to try, a power of two.

    Returns:
        The size; None where not even the smallest fits.
    """
    size = min(_FIRST_TRIED, limit)
    if fits(size):
        while 2 * size <= limit and fits(2 * size):
            size *= 2
        return size
    while size > SMALLEST_BATCH:
        size //= 2
        if fits(size):
            return size
    return None


def _accelerator_trial(
    spec: ModelSpec,
    *,
    config: StageConfig,
    training: TrainingConfig,
    data: LabelledPixels,
    device: torch.device,
    precision: Precision,
) -> Callable[[int], bool]:
    def run(size: int) -> None:
        with reproducible(0, device=device, deterministic=training.deterministic):
            try_steps(
                build_network(spec, seed=0),
                data,
                config=config,
                training=training,
                batch_size=size,
                device=device,
                precision=precision,
            )

    return lambda size: fits_on_accelerator(lambda: run(size), device=device)


def fits_on_accelerator(run: Callable[[], object], *, device: torch.device) -> bool:
    """Runs something and says whether it left some memory free; all that it took is given back.

    Args:
        run: What to run.
        device: Where it takes memory.
    """
    on_cuda = device.type == "cuda"
    allowed = 0.0
    if on_cuda:
        torch.cuda.reset_peak_memory_stats(device)
        allowed = _ACCELERATOR_SHARE * (torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device))
    fits = True
    try:
        run()
        if on_cuda:
            fits = torch.cuda.max_memory_reserved(device) <= allowed
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        fits = False
    # After the block, whose error holds on to the tensors of the step that failed.
    gc.collect()
    if on_cuda:
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    return fits
