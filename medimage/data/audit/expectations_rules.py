"""All rules that records must meet."""

import math
from typing import Any

from medimage.config.audit import AuditConfig
from medimage.config.expectations import ExpectationsConfig
from medimage.data.audit.expectations_on_groups import group_rules
from medimage.data.audit.expectations_rule import Rule, named, named_with
from medimage.data.audit.intensity_profile import MEASURES, IntensityProfile
from medimage.serving.color_mode import ColorMode
from medimage.wording import listed, percent, shortened

_MODES: dict[ColorMode, tuple[str, ...]] = {"gray": ("L", "RGB"), "rgb": ("RGB",)}


def make_rules(
    gx: Any,
    *,
    classes: tuple[str, ...],
    config: AuditConfig,
    color_mode: ColorMode,
    profile: IntensityProfile | None,
    source: str,
) -> list[Rule]:
    """Returns all rules, in the order in which they are shown.

    Args:
        gx: The module `great_expectations`, which takes seconds to import.
        classes: Names that labels may have.
        config: Bounds.
        color_mode: How images will be decoded.
        profile: What the intensities of all images are held against; None where there is nothing.
        source: Which images the profile was measured on, in words.
    """
    bounds = config.expectations
    rules = [*_file_rules(gx.expectations, classes), *_class_rules(gx.expectations, config)]
    rules += _image_rules(gx.expectations, bounds, color_mode)
    if profile is not None:
        rules += _intensity_rules(gx.expectations, bounds, profile, source)
    return rules + group_rules(gx.expectations, bounds)


def _file_rules(expect: Any, classes: tuple[str, ...]) -> list[Rule]:
    present = [
        Rule(
            name="values_present",
            table="files",
            sentence=f"every file should have {words}",
            expectation=expect.ExpectColumnValuesToNotBeNull(column=column),
        )
        for column, words in (("name", "a name"), ("label", "a label"), ("image_id", "an image id"))
    ]
    return [
        *present,
        Rule(
            name="known_labels",
            table="files",
            sentence=f"every label should be a class ({listed(list(classes), most=8)})",
            expectation=expect.ExpectColumnValuesToBeInSet(column="label", value_set=list(classes)),
            describe=lambda row: f"{named(row)} with the label {shortened(row['label'])!r}",
        ),
        Rule(
            name="unique_names",
            table="files",
            sentence="every file should have a name of its own",
            expectation=expect.ExpectColumnValuesToBeUnique(column="name"),
        ),
        Rule(
            name="unique_images",
            table="usable images",
            sentence="every usable image should occur once",
            expectation=expect.ExpectColumnValuesToBeUnique(column="image_id"),
        ),
    ]


def _class_rules(expect: Any, config: AuditConfig) -> list[Rule]:
    largest = config.expectations.imbalance_ratio
    return [
        Rule(
            name="enough_images",
            table="classes",
            sentence=f"every class should have at least {config.minimum_images_per_class} images that can be used "
            "(data.audit.minimum_images_per_class)",
            expectation=expect.ExpectColumnValuesToBeBetween(
                column="images", min_value=config.minimum_images_per_class
            ),
            describe=lambda row: f"class {shortened(row['label'])} has {row['images']} usable images",
            counted=False,
        ),
        Rule(
            name="balanced_classes",
            table="classes",
            sentence=f"no class should have more than {largest:g} times the images of the smallest "
            "(data.audit.expectations.imbalance_ratio)",
            expectation=expect.ExpectColumnValuesToBeBetween(column="ratio", max_value=largest),
            describe=_described_ratio,
            counted=False,
        ),
    ]


def _described_ratio(row: Any) -> str:
    ratio = float(row["ratio"])
    more = "while another class has none" if math.isinf(ratio) else f"which is {ratio:.1f} times as many"
    return f"class {shortened(row['label'])} has {row['images']} images, {more}"


def _image_rules(expect: Any, bounds: ExpectationsConfig, color_mode: ColorMode) -> list[Rule]:
    modes = _MODES[color_mode] if bounds.modes == "auto" else bounds.modes
    sides = [
        Rule(
            name="plausible_size",
            table="usable images",
            sentence=f"every {side} should be from {bounds.smallest_side} to {bounds.largest_side} pixels",
            expectation=expect.ExpectColumnValuesToBeBetween(
                column=side, min_value=bounds.smallest_side, max_value=bounds.largest_side
            ),
            describe=named_with(lambda row, side=side: f"{float(row[side]):.0f} pixels"),
        )
        for side in ("width", "height")
    ]
    return [
        *sides,
        Rule(
            name="plausible_shape",
            table="usable images",
            sentence=f"the longer side should be at most {bounds.aspect_ratio:g} times the shorter one",
            expectation=expect.ExpectColumnValuesToBeBetween(column="aspect_ratio", max_value=bounds.aspect_ratio),
            describe=named_with(lambda row: f"{float(row['aspect_ratio']):.1f} to 1"),
        ),
        Rule(
            name="expected_mode",
            table="usable images",
            sentence=f"files should be stored in the mode {listed(modes, word='or')}",
            expectation=expect.ExpectColumnValuesToBeInSet(column="mode", value_set=list(modes)),
            describe=named_with(lambda row: row["mode"]),
        ),
    ]


def _intensity_rules(expect: Any, bounds: ExpectationsConfig, profile: IntensityProfile, source: str) -> list[Rule]:
    return [
        Rule(
            name="intensities",
            table="usable images",
            sentence=f"at least {percent(bounds.intensity_share)} of the images should have a {MEASURES[column]} from "
            f"{low:.1f} to {high:.1f}, the range of {source}",
            expectation=expect.ExpectColumnValuesToBeBetween(
                column=column, min_value=low, max_value=high, mostly=bounds.intensity_share
            ),
            describe=named_with(lambda row, column=column: f"{float(row[column]):.1f}"),
        )
        for column, (low, high) in profile.ranges(bounds.intensity_margin).items()
    ]
