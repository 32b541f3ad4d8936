"""What a run knows of its data."""

from collections import Counter

from medimage.dossier.fact import Fact
from medimage.dossier.run_record import RunRecord
from medimage.wording import counted, listed

_MOST_TOLD = 6


def facts_of_data(record: RunRecord) -> dict[str, Fact]:
    """Returns facts on the images, by name; what the run does not know is left out.

    Args:
        record: The run.
    """
    config, context = record.config, record.context
    facts = {
        "source": Fact(text=_source(record), anchor="audit" if context.audit else "data"),
        "partitions": Fact(text=_partitions(record), anchor="data"),
        "assignment": Fact(text=_assignment(record), anchor="data"),
        "preprocessing": Fact(text=_preprocessing(record), anchor="origin"),
        "class_shares": Fact(text=_class_shares(record), anchor="data"),
    }
    if config.data.source == "dicom" or config.data.layout == "dicom":
        facts["identity"] = Fact(
            text="Patients of DICOM files became salted hashes, and no identifier was stored", anchor="data"
        )
    audit = context.audit
    if audit is not None:
        facts["exclusions"] = Fact(
            text=f"Of {counted(audit.files_found, 'file')} {audit.kept:,} were kept; {_reasons(record)}", anchor="audit"
        )
        facts["groups"] = Fact(
            text=f"{counted(audit.groups, 'group')} of images that stay together (patient, lesion, study, or "
            "duplicates); "
            f"images of which no patient is known: {audit.unknown_patients:,}",
            anchor="audit",
        )
        if audit.expectations:
            met = sum(expectation.success for expectation in audit.expectations)
            facts["quality"] = Fact(
                text=f"{met} of {len(audit.expectations)} expectations on labels, sizes and intensities were met; "
                f"{counted(audit.exact_duplicates, 'exact duplicate')} and {counted(audit.clusters, 'cluster')} of "
                "near-duplicates were found",
                anchor="audit",
            )
        facts["missing_data"] = Fact(
            text=f"What could not be read or used was left out, each file with its reason: "
            f"{counted(audit.left_out, 'file')}; nothing was filled in",
            anchor="audit",
        )
    crossing = [
        criterion
        for criterion in record.gate_report.criteria
        if criterion.name in ("crossing_groups", "crossing_duplicates")
    ]
    if crossing:
        facts["disjoint"] = Fact(
            text="; ".join(f"{criterion.title}: {criterion.estimate:.0f}" for criterion in crossing), anchor="gate"
        )
    return facts


def _source(record: RunRecord) -> str:
    data, origins = record.config.data, _origins(record)
    named = {
        "kaggle": f"the Kaggle dataset {data.kaggle.dataset}",
        "synthetic": "generated phantoms, which show no patient",
    }.get(data.source, f"a local source of the kind {data.source}")
    told = f"; origins: {listed(origins, most=_MOST_TOLD)}" if origins else "; of no image the origin is known"
    return f"Images from {named}{told if data.source != 'synthetic' or origins else ''}"


def _origins(record: RunRecord) -> list[str]:
    shortcuts = record.context.shortcuts
    if shortcuts is None:
        return []
    return sorted({origin for origins in shortcuts.class_origins.values() for origin in origins if origin})


def _partitions(record: RunRecord) -> str:
    context = record.context
    parts = []
    for part, images in context.split_images.items():
        cases = context.split_case_totals.get(part)
        told = "" if cases is None else f" of {counted(cases, 'case')}"
        parts.append(f"{part} {counted(sum(images.values()), 'image')}{told}")
    return listed(parts)


def _class_shares(record: RunRecord) -> str:
    """Says where the share of a class in a part is furthest from its share in all parts."""
    whole = Counter[str]()
    for images in record.context.split_images.values():
        whole.update(images)
    away = [
        (abs(count / sum(images.values()) - whole[name] / whole.total()), name, part)
        for part, images in record.context.split_images.items()
        if sum(images.values())
        for name, count in images.items()
    ]
    if not away:
        return "There are no images in any part"
    most, name, part = max(away)
    if round(100 * most, 1) == 0:
        return "Each class has the same share in every part"
    return (
        f"Each class has in each part the share that it has in all, but for at most {100 * most:.1f} points "
        f"({name} in {part})"
    )


def _assignment(record: RunRecord) -> str:
    split, seed = record.config.split, record.config.seed
    locked = record.context.provenance.get("test set")
    how = f"divided by class, whole groups together, with the seed {seed}"
    if split.folds is not None:
        return f"{split.folds} folds, {how}"
    given = {
        "honour": "a split that came with the data would be kept",
        "repair": "a split that came with the data would be kept and repaired",
        "ignore": "a split that came with the data was ignored",
    }[split.given]
    return f"Images were {how}; {given}{'; the test set is locked' if locked else ''}"


def _preprocessing(record: RunRecord) -> str:
    spec = record.training.spec
    mode = "one gray channel" if spec.channels == 1 else "three color channels"
    source = (
        "measured on training images" if spec.normalization.source == "training" else "those of the pretrained weights"
    )
    return (
        f"Every image was decoded to {mode}, resized to {spec.input_size} x {spec.input_size} pixels and normalised "
        f"by a mean and deviation that are {source}"
    )


def _reasons(record: RunRecord) -> str:
    audit = record.context.audit
    if audit is None or not audit.left_out:
        return "none was left out"
    reasons = {**audit.quarantined, **audit.skipped}
    told = [f"{reason} ({count:,})" for reason, count in sorted(reasons.items(), key=lambda each: -each[1])]
    return f"left out: {listed(told, most=_MOST_TOLD)}"
