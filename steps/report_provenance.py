"""What every report says about where it comes from."""

from importlib.metadata import version

from medimage.config.loading import config_hash
from medimage.config.run import RunConfig
from medimage.data.image_table import ImageTable
from medimage.data.lock_reference import LockReference

_PACKAGES = ("medimage", "zenml", "torch", "timm", "onnxruntime", "numpy", "pillow")


def report_provenance(
    config: RunConfig, images: ImageTable, *, data_hash: str, test_set: LockReference | None = None
) -> dict[str, str]:
    """Returns title → hash or version.

    Args:
        config: The whole configuration.
        images: What was read.
        data_hash: Hash of the split, or of the splits.
        test_set: The locked test set that was judged on; none where there is none.
    """
    return {
        "configuration": config_hash(config),
        "images": images.content_hash,
        "split": data_hash,
        **({"test set": f"{test_set.digest} ({test_set})"} if test_set else {}),
        **{package: version(package) for package in _PACKAGES},
    }
