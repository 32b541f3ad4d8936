"""Step: look for shortcuts and leakage with cheap probes."""

from typing import Annotated

from zenml import step

from materializers.shortcut_audit import ShortcutAuditMaterializer
from medimage.config.shortcuts import ShortcutConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.shortcuts.audit_shortcuts import audit_shortcuts as look_for_shortcuts
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from steps.code_files import cache_on_code


@step(output_materializers={"shortcuts": ShortcutAuditMaterializer}, cache_policy=cache_on_code(__name__))
def audit_shortcuts(
    pixels: PixelStore, audit: DataAudit, split: Split, shortcuts: ShortcutConfig, seed: int
) -> Annotated[ShortcutAudit, "shortcuts"]:
    """Measures leakage, and whether class or origin can be told without looking at the patient.

    Args:
        pixels: Decoded images.
        audit: Knows where each image comes from.
        split: Knows class and group of each image.
        shortcuts: Thresholds and amount of work.
        seed: Seed of all divisions and resamples.
    """
    return look_for_shortcuts(pixels, audit, split, shortcuts, seed=seed)
