"""From a configuration to the statistics of its training images: the pipeline's own way, up to the pixels."""

from medimage.config.run import RunConfig
from medimage.data.pixel_store import PixelStore
from medimage.data.saved_normalization import SavedNormalization
from medimage.models.input_size import resolve_input_size
from pipelines.audited_data import divide, read_and_audit


def measure_training_images(config: RunConfig) -> SavedNormalization:
    """Reads, audits and divides the images as a run does, and measures those that it would train on.

    Args:
        config: The run's configuration.

    Raises:
        MedimageError: If the data cannot be read, trusted or divided.
    """
    size = resolve_input_size(config.model)
    table, audit = read_and_audit(config)
    audit.require_trust()
    split = divide(audit, config)
    training = [split.image_ids[row] for row in split.rows("train")]
    store = PixelStore.build(table, image_ids=training, size=size, color_mode=config.data.color_mode)
    return SavedNormalization.of(store.normalization(training), image_ids=training)
