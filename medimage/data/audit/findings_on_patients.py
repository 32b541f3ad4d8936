"""Findings on the patients, lesions or studies that the source names: unknown, of several classes, or too large."""

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.data.audit.data_audit import Finding
from medimage.data.audit.exclusion import ExclusionCategory, categories
from medimage.wording import counted, listed, percent, shortened

_FEWEST_IMAGES = 10
"""Of a small class, a few images are a large share already."""
_MOST_TOLD = 5
"""Patients that are told one by one."""


def findings_on_patients(images: pd.DataFrame, config: AuditConfig) -> list[Finding]:
    """Says which images have no patient, which patients are of several classes, and which are much of a class.

    Args:
        images: One row per file with the columns `IMAGE_COLUMNS`.
        config: Thresholds.
    """
    copies = categories(images["reason"]) == ExclusionCategory.EXACT_DUPLICATE
    usable = images[images["reason"] == ""]
    return [
        *_under_several_classes(images[(images["reason"] == "") | copies]),
        *_dominating(usable, config),
        *_unknown(usable),
    ]


def _finding(name: str, message: str) -> Finding:
    return Finding(name=name, critical=False, message=message)


def _under_several_classes(used: pd.DataFrame) -> list[Finding]:
    known = used[used["patient"] != ""]
    several = known[known.groupby("patient")["label"].transform("nunique") > 1]
    if several.empty:
        return []
    patient = several["patient"].iloc[0]
    labels = listed([shortened(label) for label in sorted(set(several["label"][several["patient"] == patient]))])
    return [
        _finding(
            "group_under_several_classes",
            f"{several['patient'].nunique()} patients or lesions have images under more than one class, such as "
            f"{shortened(patient)} under {labels}",
        )
    ]


def _dominating(usable: pd.DataFrame, config: AuditConfig) -> list[Finding]:
    """Tells of patients that are much of a class, the largest share first."""
    of_class = usable["label"].value_counts()
    images = usable[usable["patient"] != ""].groupby(["label", "patient"]).size().rename("images").reset_index()
    images["share"] = images["images"] / images["label"].map(of_class).astype(float)
    large = images[(images["share"] > config.maximum_patient_share) & (images["images"] >= _FEWEST_IMAGES)]
    # Ties in the order of their names, so that a report is the same in every run.
    large = large.sort_values(["share", "label", "patient"], ascending=[False, True, True])
    findings = [
        _finding(
            "dominating_patient",
            f"{shortened(row['patient'])}, one patient, lesion or study, has {row['images']:,} of the "
            f"{of_class[row['label']]:,} images of {shortened(row['label'])} "
            f"({percent(row['share'], decimals=1)}): they are on one side of the split, so what is learnt or judged of "
            "that class is largely that one. Add images of others, or keep a few of these",
        )
        for row in large.head(_MOST_TOLD).to_dict("records")
    ]
    if len(large) > _MOST_TOLD:
        message = f"{len(large) - _MOST_TOLD} more patients, lesions or studies have a large share of a class"
        findings.append(_finding("dominating_patient", message))
    return findings


def _unknown(usable: pd.DataFrame) -> list[Finding]:
    unknown = int((usable["patient"] == "").sum())
    if not unknown:
        return []
    return [
        _finding(
            "patients_unknown",
            f"{unknown} of {counted(len(usable), 'image')} have no patient, lesion or study: only duplicates keep them "
            "together, so two images of one patient may be on both sides of the split",
        )
    ]
