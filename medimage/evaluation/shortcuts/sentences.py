"""What was found about shortcuts and leakage, in plain sentences."""

from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.shortcuts.across_folds import FOLDS
from medimage.evaluation.shortcuts.recognition import Recognition
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.wording import counted, listed, percent

_MOST_TOLD = 5
"""Origins that are told by name."""


def warnings(audit: ShortcutAudit) -> tuple[str, ...]:
    """Returns what a person must know before believing a test result; nothing where nothing was found.

    Args:
        audit: The audit.
    """
    sentences = [*shortcut_warnings(audit)]
    if audit.random_split_leaks:
        sentences.append(
            "A random split would look better than it is: a nearest-neighbour probe gains "
            f"{with_interval(audit.leakage.difference)} in balanced accuracy where images of one patient or "
            "near-duplicates may be in training and test. The split of this run keeps them together."
        )
    if not audit.control_holds:
        sentences.append(
            "The random-label control failed: with labels that mean nothing, a grouped split gives balanced accuracy "
            f"{with_interval(audit.leakage.random_labels_grouped)}, where chance is {audit.leakage.chance:.3f}. Do not "
            "rely on the leakage figures."
        )
    return tuple(sentences)


def shortcut_warnings(audit: ShortcutAudit) -> tuple[str, ...]:
    """Returns from what a class can be told that is no trait of the patient; nothing where nothing was found.

    Args:
        audit: The audit.
    """
    sentences = []
    if audit.is_confounded:
        sentences.append(_confounded(audit))
    elif audit.border_tells_class:
        sentences.append(
            f"The class can be told from the {_border(audit)} alone with balanced accuracy "
            f"{_told(audit.class_from_border)}: what a model recognises may be the making of the images, not the "
            "patient, and a high accuracy here proves nothing clinical."
        )
    if audit.classes_by_origin and not audit.is_confounded:
        sentences.append(_single_classes(audit.classes_by_origin, audit.class_from_origin, by="origin"))
    if audit.classes_at_border:
        sentences.append(_single_classes(audit.classes_at_border, audit.class_from_border, by=_border(audit)))
    return tuple(sentences)


def _single_classes(classes: tuple[str, ...], told: Recognition, *, by: str) -> str:
    return (
        f"{listed(classes)} {'is' if len(classes) == 1 else 'are each'} told from all other classes by the {by} alone "
        "(sensitivity plus specificity minus 1: "
        + ", ".join(with_interval(told.informedness[name]) for name in classes)
        + ")."
    )


def _confounded(audit: ShortcutAudit) -> str:
    sentence = (
        "Class and origin are confounded: the class can be told from the origin alone with balanced accuracy "
        f"{_told(audit.class_from_origin)}"
        if audit.class_from_origin.balanced_accuracy.is_defined
        else f"Class and origin are confounded (Cramér's V {with_interval(audit.association)})"
    )
    from_border = []
    if audit.class_from_border.balanced_accuracy.is_defined:
        from_border.append(f"the class with {_told(audit.class_from_border)}")
    if audit.origin_from_border.balanced_accuracy.is_defined:
        from_border.append(f"the origin with {_told(audit.origin_from_border)}")
    if from_border:
        sentence += f", and from the {_border(audit)} alone {listed(from_border)}"
    sentence += "; a high accuracy here proves nothing clinical."
    return sentence + _exclusive_origins(audit)


def _exclusive_origins(audit: ShortcutAudit) -> str:
    exclusive = audit.exclusive_origins()
    pairs = listed([f"{name} ({origin})" for name, origin in exclusive.items()])
    return f" Some classes have an origin to themselves: {pairs}." if exclusive else ""


def explanations(audit: ShortcutAudit) -> tuple[str, ...]:
    """Returns what the figures mean, whether or not they warn of something.

    Args:
        audit: The audit.
    """
    images = f"{audit.images} of {audit.of_images}" if audit.images < audit.of_images else f"{audit.images}"
    sampled = " Origins are counted over all images." if audit.images < audit.of_images else ""
    return (
        f"Cheap probes looked at {images} images of {audit.groups} independent cases, of training, validation and "
        f"test alike, because nothing is chosen by them.{sampled}",
        *_left_out(audit),
        _leakage_meaning(audit),
        _border_meaning(audit),
        _origin_meaning(audit),
    )


def _left_out(audit: ShortcutAudit) -> list[str]:
    """Tells of the classes that no probe asks for one by one, and of such origins, which may be many, at once."""
    where = " in the sample" if audit.images < audit.of_images else ""
    told = [
        f"Class {name} has {counted(cases, 'independent case')}{where}, fewer than the {FOLDS} that "
        "cross-validation needs: the probes leave it out."
        for name, cases in audit.rare_classes.items()
    ]
    if audit.rare_origins:
        few = listed([f"{name} ({cases})" for name, cases in audit.rare_origins.items()], most=_MOST_TOLD)
        told.append(f"Origins with fewer than {FOLDS} independent cases{where} are not asked for at the border: {few}.")
    return told


def _leakage_meaning(audit: ShortcutAudit) -> str:
    leakage = audit.leakage
    if not leakage.difference.is_defined:
        return f"Leakage was not computed: {leakage.difference.reason}."
    if audit.remembers_groups:
        return (
            "With labels permuted among the patients, a random split still gives "
            f"{with_interval(leakage.random_labels_random)}, where chance is {leakage.chance:.3f}: that much is "
            "patients recognised, not disease. A grouped split "
            + ("gives chance, as it must." if audit.control_holds else "should give chance, and does not.")
        )
    return (
        "With labels permuted among the patients, a random split gives about what guessing gives: the patients or "
        "duplicates that it would tear apart are too few or too unlike to be remembered by a cheap probe."
    )


def _border_meaning(audit: ShortcutAudit) -> str:
    told = audit.class_from_border
    if not told.balanced_accuracy.is_defined:
        return f"Whether the border tells the class was not computed: {told.balanced_accuracy.reason}."
    way, limit = told.way(told.balanced_accuracy.value), audit.config.border_shortcut
    unsure = " So few cases cannot rule one out: the upper limit lies above." if audit.border_may_tell_class else ""
    return (
        f"The {_border(audit)} alone leads {percent(max(0.0, way), decimals=0)} of the way from guessing the class to "
        f"knowing it; a shortcut is suspected from {percent(limit)} on, by the lower limit of the interval.{unsure}"
    )


def _origin_meaning(audit: ShortcutAudit) -> str:
    if not audit.association.is_defined:
        return f"The association of class and origin was not computed: {audit.association.reason}."
    figure, limit = f"Cramér's V is {with_interval(audit.association)}", f"{audit.config.association:g}"
    if audit.is_confounded:
        return f"Class and origin are confounded: {figure}, and the lower limit reaches {limit}."
    exclusive = _exclusive_origins(audit)
    if audit.may_be_confounded:
        unsure = "There are too few cases to say whether class and origin are confounded"
        return f"{unsure}: {figure}, around {limit}.{exclusive}"
    return f"Class and origin are not confounded: {figure}, and the upper limit stays below {limit}.{exclusive}"


def _border(audit: ShortcutAudit) -> str:
    return f"border of the image (the outermost {percent(audit.config.border_share)} on each side)"


def _told(recognition: Recognition) -> str:
    estimate = recognition.balanced_accuracy
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f}; chance {recognition.chance:.2f})"


def with_interval(estimate: Estimate) -> str:
    """Returns an estimate with its interval in words."""
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
