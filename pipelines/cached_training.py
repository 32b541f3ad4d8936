"""What a run did not write because its training was taken from the cache."""

from collections.abc import Mapping
from typing import Any

from medimage.config.delivery import TrackingConfig


def unwritten_logs(steps: Mapping[str, Mapping[str, Any]], tracking: TrackingConfig) -> str | None:
    """Returns a sentence where logs were asked for of training that did not take place again, else None.

    Args:
        steps: Status of each step by name, as in a run's summary.
        tracking: Which logs were asked for.
    """
    asked = [f"tracking.{name}" for name in ("csv", "tensorboard", "wandb") if getattr(tracking, name)]
    cached = [name for name, step in steps.items() if name.startswith("train_stage") and step["status"] == "cached"]
    if not asked or not cached:
        return None
    return (
        f"What {', '.join(cached)} gave was taken from the cache, so {' and '.join(asked)} wrote nothing of it in this "
        "run. What was logged when it was trained is kept; --no-cache trains again."
    )
