"""What a person should know about the data, each with its numbers and an example."""

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.config.data import ColorMode
from medimage.data.audit.crossings import find_crossings
from medimage.data.audit.data_audit import Finding
from medimage.data.audit.exclusion import ExclusionCategory

_NOT_DAMAGE = (ExclusionCategory.EXACT_DUPLICATE, ExclusionCategory.CONTRADICTING_LABELS)
_TRAITS = {
    "palette": ("palette_images", "have a palette, which was resolved"),
    "alpha": ("opaque_alpha", "have an alpha channel that is opaque everywhere, which was dropped"),
    "rotated": ("rotated_by_exif", "were turned upright as their EXIF orientation says"),
}
_EXAMPLES = 3
_SMALLEST_CHAIN = 10
"""Of few images a pair is a large share already; a chain that went astray has more."""


def find_problems(
    images: pd.DataFrame,
    *,
    traits: dict[str, frozenset[str]],
    config: AuditConfig,
    color_mode: ColorMode,
) -> tuple[Finding, ...]:
    """Collects the findings on audited images.

    Args:
        images: One row per file with the columns `IMAGE_COLUMNS`.
        traits: What is remarkable about each image, by its id; see `Look`.
        config: Thresholds.
        color_mode: How images will be decoded for training.
    """
    usable = images[images["reason"] == ""]
    return (
        *_unusable(images, config),
        *_repeated(images),
        *_near_duplicates(usable, config),
        *_patients(images),
        *_given_split(images),
        *_remarkable(usable, traits, color_mode),
    )


def _finding(name: str, message: str, *, critical: bool = False) -> Finding:
    return Finding(name=name, critical=critical, message=message)


def _images(count: int) -> str:
    return f"{count} image{'s' * (count != 1)}"


def _unusable(images: pd.DataFrame, config: AuditConfig) -> list[Finding]:
    excluded = images["reason"] != ""
    refused = images[excluded & ~images["reason"].str.startswith(tuple(f"{category}:" for category in _NOT_DAMAGE))]
    if refused.empty:
        return []
    example = refused.iloc[0]
    return [
        _finding(
            "unusable_images",
            f"{len(refused)} of {len(images)} files cannot be used, such as {example['name']} ({example['reason']})",
            critical=len(refused) / len(images) > config.maximum_quarantined_share,
        )
    ]


def _repeated(images: pd.DataFrame) -> list[Finding]:
    findings = []
    for name, category in zip(("exact_duplicates", "contradicting_labels"), _NOT_DAMAGE, strict=True):
        found = images[images["reason"].str.startswith(f"{category}:")]
        if len(found):
            example = found.iloc[0]
            words = example["reason"].partition(": ")[2]
            message = f"{len(found)} files are quarantined: {category}, such as {example['name']} ({words})"
            findings.append(_finding(name, message))
    return findings


def _near_duplicates(usable: pd.DataFrame, config: AuditConfig) -> list[Finding]:
    near = usable[usable["duplicate_cluster"].duplicated(keep=False)]
    if near.empty:
        return []
    clusters = near.groupby("duplicate_cluster")
    sizes = clusters.size()
    findings = [
        _finding(
            "near_duplicates",
            f"{len(near)} images form {len(sizes)} cluster{'s' * (len(sizes) > 1)} of near-duplicates; the largest "
            f"has {_images(int(sizes.max()))}",
        )
    ]
    share = float(sizes.max()) / len(usable)
    if share > config.maximum_cluster_share and sizes.max() >= _SMALLEST_CHAIN:
        largest = near[near["duplicate_cluster"] == sizes.idxmax()]
        findings.append(
            _finding(
                "large_duplicate_cluster",
                f"one cluster of near-duplicates holds {100 * share:.1f} % of the images ({len(largest)}, such as "
                f"{', '.join(largest['name'].iloc[:_EXAMPLES])}): a chain of similar images may have joined what does "
                "not belong together, and it stays on one side of the split; look at it, and raise "
                "data.audit.near_duplicate_similarity where that is so",
            )
        )
    mixed = near[clusters["label"].transform("nunique") > 1]
    if len(mixed):
        by_labels = mixed.groupby("duplicate_cluster")["label"].agg(lambda labels: " and ".join(sorted(set(labels))))
        named = "; ".join(f"{labels}: {count}" for labels, count in by_labels.value_counts().items())
        first = mixed[mixed["duplicate_cluster"] == mixed["duplicate_cluster"].iloc[0]].drop_duplicates("label")
        findings.append(
            _finding(
                "near_duplicates_with_different_labels",
                f"{len(by_labels)} cluster{'s' * (len(by_labels) > 1)} of near-duplicates with images of different "
                f"classes ({named}), such as "
                f"{' and '.join(first['name'].iloc[:2])}: one of the labels may be wrong",
            )
        )
    return findings


def _patients(images: pd.DataFrame) -> list[Finding]:
    findings = []
    copies = images["reason"].str.startswith(f"{ExclusionCategory.EXACT_DUPLICATE}:")
    used = images[(images["reason"] == "") | copies]
    known = used[used["patient"] != ""]
    several = known[known.groupby("patient")["label"].transform("nunique") > 1]
    if len(several):
        patient = str(several["patient"].iloc[0])
        labels = ", ".join(sorted(set(several["label"][several["patient"] == patient])))
        findings.append(
            _finding(
                "group_under_several_classes",
                f"{several['patient'].nunique()} patients or lesions have images under more than one class, such as "
                f"{patient} under {labels}",
            )
        )
    usable = images[images["reason"] == ""]
    unknown = int((usable["patient"] == "").sum())
    if unknown:
        findings.append(
            _finding(
                "patients_unknown",
                f"{unknown} of {_images(len(usable))} have no patient, lesion or study: only duplicates keep them "
                "together, so two images of one patient may be on both sides of the split",
            )
        )
    return findings


def _given_split(images: pd.DataFrame) -> list[Finding]:
    found = find_crossings(images)
    if not found.any:
        return []
    parts = [
        f"{count} {one if count == 1 else several} ({_images(number)})"
        for one, several, count, number in (
            ("group", "groups", found.groups, found.images_of_groups),
            ("exact duplicate", "exact duplicates", found.exact_duplicates, found.images_of_exact_duplicates),
            (
                "cluster of near-duplicates",
                "clusters of near-duplicates",
                found.clusters,
                found.images_of_clusters,
            ),
        )
        if count
    ]
    return [
        _finding(
            "given_split_leaks",
            f"the split that comes with the data is crossed by {', '.join(parts)}: its test images were seen in "
            "training",
        )
    ]


def _remarkable(usable: pd.DataFrame, traits: dict[str, frozenset[str]], color_mode: ColorMode) -> list[Finding]:
    findings = []
    of_images = usable["image_id"].map(traits)
    for trait, (name, words) in _TRAITS.items():
        found = usable[[trait in own for own in of_images]]
        if len(found):
            message = f"{len(found)} of {_images(len(usable))} {words}, such as {found['name'].iloc[0]}"
            findings.append(_finding(name, message))
    modes = usable.loc[usable["mode"] != "", "mode"].value_counts()
    if len(modes) > 1:
        counted = ", ".join(f"{mode} {count}" for mode, count in modes.items())
        findings.append(_finding("mixed_modes", f"the files are of several pixel types: {counted}"))
    coloured = pd.Series(["colour" in own for own in of_images], index=usable.index, dtype=bool)
    if color_mode == "gray" and coloured.any():
        findings.append(
            _finding(
                "colour_images",
                f"{int(coloured.sum())} of {_images(len(usable))} show colours, which data.color_mode: gray drops, "
                f"such as {usable.loc[coloured, 'name'].iloc[0]}",
            )
        )
    if color_mode == "rgb" and not coloured.all():
        findings.append(
            _finding(
                "gray_images",
                f"{int((~coloured).sum())} of {_images(len(usable))} show no colour though data.color_mode is rgb, "
                f"such as {usable.loc[~coloured, 'name'].iloc[0]}",
            )
        )
    return findings
