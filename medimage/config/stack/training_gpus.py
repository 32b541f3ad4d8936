"""Whether the pods that train and evaluate have the GPUs that a recipe asks for."""

from medimage.config.stack.steps import StepsConfig
from medimage.config.training import TrainingConfig
from medimage.errors import ConfigurationError


def require_gpus(training: TrainingConfig, steps: StepsConfig) -> None:
    """Does nothing where the pods of a recipe's stages, and of the evaluation, have what their processes work on.

    A pod without GPUs trains on its cores, in as many processes as are wanted, unless the recipe asks for GPUs.

    Args:
        training: Section `training` of the configuration.
        steps: Section `steps` of the stack's definition.

    Raises:
        ConfigurationError: If a pod has fewer GPUs than processes, or more, which nobody else could use meanwhile, or
            none where the recipe asks for one.
    """
    wanted, device = training.processes, training.device
    for step in (f"train_stage{stage}" for stage in training.trained_stages):
        gpus = steps.needs_of(step).gpus or 0
        if device == "cpu" or gpus == wanted or (gpus == 0 and device == "auto"):
            continue
        way_out = f"or set training.processes to {gpus}" if gpus else "or set training.device to cpu"
        raise ConfigurationError(
            f"training.processes is {wanted}, each on a GPU of its own, but the stack gives {gpus or 'no'} "
            f"GPU{'s' if gpus != 1 else ''} to the pod of {step}: set steps.by_class.training.gpus to {wanted} in the "
            f"stack's file and register it again, {way_out}."
        )
    if device == "cuda" and not steps.needs_of("evaluate_model").gpus:
        raise ConfigurationError(
            "training.device is cuda, which evaluation takes as well, but the stack gives no GPU to the pod of "
            "evaluate_model: set steps.by_name.evaluate_model.gpus to 1 in the stack's file and register it again, or "
            "set training.device to auto, which takes a GPU where there is one."
        )
