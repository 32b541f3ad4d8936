"""Decoding of all images: in one step, or in shares that run side by side."""

from typing import Any

from zenml.steps import BaseStep

from medimage.config.run import RunConfig
from medimage.work_share import WorkShare, work_shares
from pipelines.bound_step import bind
from pipelines.branches import all_finished, await_turn, run_in_branch
from pipelines.run_settings import RunSettings
from pipelines.stacks.fan_out import active_fan_out
from pipelines.static_form import is_static
from steps.branch import step_id
from steps.merge_pixel_shares import merge_pixel_shares
from steps.prepare_pixel_share import prepare_pixel_share
from steps.prepare_pixels import prepare_pixels


def decode(images: Any, split: Any, config: RunConfig, settings: RunSettings, *, branch: str | None = None) -> Any:
    """Decodes the images at the network's input size: in one step, or in as many shares as the stack is to have.

    Args:
        images: The images' artifact.
        split: That of the split.
        config: The whole configuration.
        settings: What was worked out from it.
        branch: What it is for, where a run has several of them.
    """
    kind = {"size": settings.input_size, "color_mode": config.data.color_mode, "decoders": settings.decoders}
    shares = _pixel_shares(split)
    if len(shares) == 1:
        return bind(prepare_pixels, **kind)(images, split, id=_name_in_branch(prepare_pixels, branch))
    parts: list[Any] = []
    for share in shares:
        await_turn([(part,) for part in parts])
        name = share.name if branch is None else step_id(branch, share.name)
        parts.append(run_in_branch(bind(prepare_pixel_share, **kind, share=share), images, split, branch=name))
    (parts,) = all_finished(parts)
    return bind(merge_pixel_shares)(parts, split, id=_name_in_branch(merge_pixel_shares, branch))


def _pixel_shares(split: Any) -> tuple[WorkShare, ...]:
    fan_out = active_fan_out()
    if is_static():
        # How many images there are is not known before the first step: a share may be left without any.
        return tuple(WorkShare(number=number, count=fan_out.pixels) for number in range(fan_out.pixels))
    # Not looked at where it decides nothing.
    images = 1 if fan_out.pixels == 1 else len(set(split.load().image_ids))
    return work_shares(images, most=fan_out.pixels, least_items=fan_out.least_images)


def _name_in_branch(step: BaseStep, branch: str | None) -> str | None:
    return None if branch is None else step_id(step.name, branch)
