"""Findings on files that are not used, and on those that are and are of an unusual kind."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.data.audit.data_audit import Finding
from medimage.data.audit.exclusion import Exclusion, ExclusionCategory, categories
from medimage.data.sources.place import Place
from medimage.data.sources.skipped import NOT_UNPACKED, heading, is_left_on_purpose, is_not_read, is_refused
from medimage.serving.color_mode import ColorMode
from medimage.wording import counted, listed, shortened

_NOT_DAMAGE = (ExclusionCategory.EXACT_DUPLICATE, ExclusionCategory.CONTRADICTING_LABELS)
_SHOWN = 8
_TRAITS = {
    "palette": ("palette_images", "have a palette, which was resolved"),
    "alpha": ("opaque_alpha", "have an alpha channel that is opaque everywhere, which was dropped"),
    "rotated": ("rotated_by_exif", "were turned upright as their EXIF orientation says"),
}


def findings_on_unused_files(
    images: pd.DataFrame, skipped_files: Sequence[tuple[str, str]], config: AuditConfig
) -> list[Finding]:
    """Says how many files cannot be used, which stops the run where they are many, and how many are left out.

    Args:
        images: One row per file with the columns `IMAGE_COLUMNS`.
        skipped_files: Files of the source that did not become a row, with the reason.
        config: Thresholds.
    """
    return [
        *_unusable(images, skipped_files, config),
        *_not_read(skipped_files),
        *_not_unpacked(skipped_files),
        *_left_on_purpose(skipped_files),
        *_repeated(images),
    ]


def findings_on_pixel_types(
    images: pd.DataFrame, traits: dict[str, frozenset[str]], color_mode: ColorMode
) -> list[Finding]:
    """Says which usable images are of a kind that was converted, or differ from the others.

    Args:
        images: One row per file with the columns `IMAGE_COLUMNS`.
        traits: What is remarkable about each image, by its id; see `Look`.
        color_mode: How images will be decoded for training.
    """
    usable = images[images["reason"] == ""]
    of = f"of {counted(len(usable), 'image')}"
    findings = []
    of_images = usable["image_id"].map(traits)
    for trait, (name, words) in _TRAITS.items():
        found = usable[[trait in own for own in of_images]]
        if len(found):
            findings.append(_finding(name, f"{len(found)} {of} {words}, such as {found['name'].iloc[0]}"))
    modes = usable.loc[usable["mode"] != "", "mode"].value_counts()
    if len(modes) > 1:
        kinds = ", ".join(f"{mode} {count}" for mode, count in modes.items())
        findings.append(_finding("mixed_modes", f"the files are of several pixel types: {kinds}"))
    coloured = pd.Series(["colour" in own for own in of_images], index=usable.index, dtype=bool)
    if color_mode == "gray" and coloured.any():
        findings.append(
            _finding(
                "colour_images",
                f"{int(coloured.sum())} {of} show colours, which data.color_mode: gray drops, such as "
                f"{usable.loc[coloured, 'name'].iloc[0]}",
            )
        )
    if color_mode == "rgb" and not coloured.all():
        findings.append(
            _finding(
                "gray_images",
                f"{int((~coloured).sum())} {of} show no colour though data.color_mode is rgb, such as "
                f"{usable.loc[~coloured, 'name'].iloc[0]}",
            )
        )
    return findings


def _finding(name: str, message: str, *, critical: bool = False) -> Finding:
    return Finding(name=name, critical=critical, message=message)


def _unusable(images: pd.DataFrame, skipped_files: Sequence[tuple[str, str]], config: AuditConfig) -> list[Finding]:
    """Counts what decoding refused and what the source refused before: which of them does it depends on the format."""
    excluded = images["reason"] != ""
    damaged = images[excluded & ~categories(images["reason"]).isin(_NOT_DAMAGE)]
    refused = [(name, reason) for name, reason in skipped_files if is_refused(reason)]
    files = len(images) + len(refused)
    refused = [*zip(damaged["name"], damaged["reason"], strict=True), *refused]
    if not refused:
        return []
    name, reason = refused[0]
    return [
        _finding(
            "unusable_images",
            f"{len(refused)} of {files} files cannot be used, such as {name} ({reason})",
            critical=len(refused) / files > config.maximum_quarantined_share,
        )
    ]


def _not_read(skipped_files: Sequence[tuple[str, str]]) -> list[Finding]:
    """Tells images that were not even opened by suffix and folder: they may be most of a class."""
    counts: Counter[tuple[str, str]] = Counter()
    for name, reason in skipped_files:
        if is_not_read(reason):
            place = Place.of(name, with_classes=True)
            counts[PurePosixPath(name).suffix.lower() or "without a suffix", place.label] += 1
    if not counts:
        return []
    kinds = [
        f"{count} {suffix} {f'in {folder}' if folder else 'in no folder'}"
        for (suffix, folder), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    message = (
        f"{counted(counts.total(), 'file')} {'is an image' if counts.total() == 1 else 'are images'} that "
        f"{'is' if counts.total() == 1 else 'are'} not read: {listed(kinds, most=_SHOWN)}"
    )
    return [_finding("images_not_read", message)]


def _not_unpacked(skipped_files: Sequence[tuple[str, str]]) -> list[Finding]:
    archives = [name for name, reason in skipped_files if reason.startswith(NOT_UNPACKED)]
    if not archives:
        return []
    many = "is an archive that is" if len(archives) == 1 else "are archives that are"
    message = (
        f"{counted(len(archives), 'file')} {many} not unpacked, such as {shortened(archives[0])}: unpack by hand what "
        "belongs to the data"
    )
    return [_finding("archives_not_unpacked", message)]


def _left_on_purpose(skipped_files: Sequence[tuple[str, str]]) -> list[Finding]:
    counts = Counter(heading(reason) for _, reason in skipped_files if is_left_on_purpose(reason))
    if not counts:
        return []
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
    return [_finding("left_on_purpose", f"{counts.total()} files or rows are skipped as the settings say: {reasons}")]


def _repeated(images: pd.DataFrame) -> list[Finding]:
    findings = []
    for name, category in zip(("exact_duplicates", "contradicting_labels"), _NOT_DAMAGE, strict=True):
        found = images[categories(images["reason"]) == category]
        if len(found):
            example = found.iloc[0]
            words = Exclusion.parse(example["reason"]).words
            message = f"{len(found)} files are quarantined: {category}, such as {example['name']} ({words})"
            findings.append(_finding(name, message))
    return findings
