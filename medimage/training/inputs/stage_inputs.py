"""What a stage trains on, chosen by its recipe."""

import torch

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.device import Precision
from medimage.models.network import Network
from medimage.training.augmentation.augment import is_identity
from medimage.training.augmentation.mixing import Mixing
from medimage.training.compilation import CompiledClassifier, pays
from medimage.training.distributed.processes import ALONE, Processes
from medimage.training.freezing import is_backbone_frozen
from medimage.training.inputs.batches import Batches
from medimage.training.inputs.feature_views import FeatureViews
from medimage.training.inputs.sampling import require_every_class
from medimage.training.inputs.training_inputs import AugmentedImages, Counting, TrainingInputs
from medimage.training.seeds import Purpose, derive_seed


def open_training_inputs(
    network: Network,
    data: LabelledPixels,
    *,
    stage: int,
    config: StageConfig,
    training: TrainingConfig,
    seed: int,
    batch_size: int,
    device: torch.device,
    precision: Precision,
    counting: Counting,
    processes: Processes = ALONE,
) -> TrainingInputs:
    """Returns what a stage trains on.

    Args:
        network: Network, with what is not to be trained frozen.
        data: Training images.
        stage: 1 or 2.
        config: Recipe of the stage.
        training: Recipe of both stages.
        seed: The run's seed.
        batch_size: Images per batch.
        device: Device to compute on.
        precision: Arithmetic of a frozen backbone.
        counting: Tells observers of passes over the images.
        processes: Those that train together, each on its share of every batch.

    Raises:
        TrainingError: If balanced sampling lacks images of a class.
    """
    if training.sampling == "balanced":
        require_every_class(data.labels, classes=data.classes, setting="training.sampling: balanced")
    batches = Batches.of_pixels(data, batch_size=batch_size, device=device)

    def seed_of(epoch: int) -> int:
        return derive_seed(seed, stage, epoch, Purpose.IMAGES)

    unchanged = is_identity(training.augmentation)
    if is_backbone_frozen(network) and (config.feature_views > 0 or (unchanged and training.mixing is None)):
        return FeatureViews(
            network,
            batches=batches,
            config=training.augmentation,
            views=1 if unchanged else config.feature_views,
            precision=precision,
            sampling=training.sampling,
            seed_of=seed_of,
            seed_of_view=lambda view: derive_seed(seed, stage, view, Purpose.VIEW),
            counting=counting,
        )
    classify = None
    if pays(training.compile, device=device, steps=config.epochs * len(batches)):
        share = processes.share(batch_size)
        classify = CompiledClassifier(network, batch_size=len(share), required=training.compile == "on")
    return AugmentedImages(
        network,
        classify=classify,
        batches=batches,
        config=training.augmentation,
        mixing=Mixing(training.mixing, classes=len(data.classes)) if training.mixing is not None else None,
        sampling=training.sampling,
        seed_of=seed_of,
    )
