"""Step: divide the images into training, validation and test images."""

import logging
from typing import Annotated

from zenml import log_metadata, step

from materializers.split import SplitMaterializer
from medimage.config.expectations import ExpectationsConfig
from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from steps.code_files import cache_on_code
from steps.locked_test_sets import split_with_locked_test_set

logger = logging.getLogger(__name__)


@step(
    output_materializers={"split": SplitMaterializer, "bare_split": SplitMaterializer},
    cache_policy=cache_on_code(__name__),
)
def split_dataset(
    audit: DataAudit,
    split: SplitConfig,
    expectations: ExpectationsConfig,
    seed: int,
    source: str,
    kept_out: str | None,
) -> tuple[Annotated[Split, "split"], Annotated[Split, "bare_split"]]:
    """Divides the usable images so that no patient and no duplicate cluster crosses, and compares their gray levels.

    The locked test set is no input of this step but looked up by it: locking one would otherwise change the step's
    cache key, and the next run would not be a cached one. Folds lock none, and depend on whether one has been locked
    since: what is kept out of them does belong to the key.

    Args:
        audit: The audited images; a run whose data cannot be trusted ends here.
        split: Shares or folds, and the name of the test set.
        expectations: From when on validation and test images differ from the training images.
        seed: Seed of the division.
        source: Which data it is, to find their locked test set.
        kept_out: Hash of the test set that folds are to be without; none where there are no folds, or no test set.

    Returns:
        The split, for steps that judge and tell, and the same without findings, for steps that work on its images:
        they do not run again where the images are divided as before and something else is told about it.
    """
    audit.require_trust()
    log_metadata({"kept_out": kept_out or "nothing"})
    divided = split_with_locked_test_set(audit, split, expectations, seed=seed, source=source)
    for finding in divided.findings:
        logger.warning("%s", finding)
    return divided, divided.bare
