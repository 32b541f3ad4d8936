"""Step: divide the images into training, validation and test images."""

from typing import Annotated

from zenml import step

from materializers.split import SplitMaterializer
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from medimage.data.splitting import split_images
from steps.code_files import cache_on_code


@step(output_materializers={"split": SplitMaterializer}, cache_policy=cache_on_code(__name__))
def split_dataset(audit: DataAudit, split: SplitConfig, seed: int) -> Annotated[Split, "split"]:
    """Divides the usable images so that no patient and no duplicate cluster crosses.

    Args:
        audit: The audited images; a run whose data cannot be trusted ends here.
        split: Shares or folds.
        seed: Seed of the division.
    """
    audit.require_trust()
    return split_images(audit, split, seed=seed)
