"""What was found about subgroups, in plain sentences."""

from medimage.evaluation.subgroups.gap import Gap
from medimage.evaluation.subgroups.subgroup_audit import Subgroup, SubgroupAudit, SubgroupColumn
from medimage.wording import counted, percent, shortened

NOT_STATED = "not stated"
_MOST_TOLD = 5
"""Gaps that are told one by one beside the gate's numbers; the section has all."""

_SMALLEST_TOLD = 0.0001
"""P-values below it are told as a bound: their digits mean nothing."""


def warnings(audit: SubgroupAudit) -> tuple[str, ...]:
    """Returns what a person must know before believing a test result; nothing where nothing was found.

    Args:
        audit: The audit.
    """
    told = [_flag_sentence(audit, *each) for each in audit.flagged[:_MOST_TOLD]]
    rest = len(audit.flagged) - len(told)
    if rest > 0:
        told.append(f"{counted(rest, 'more gap')} between subgroups {'is' if rest == 1 else 'are'} flagged.")
    told += [_of_class(column) for column in audit.columns if column.is_class]
    return tuple(told)


def explanations(audit: SubgroupAudit) -> tuple[str, ...]:
    """Returns how the figures were made and what they mean, whether or not anything is flagged.

    Args:
        audit: The audit.
    """
    if not audit.comparisons:
        return ("No two subgroups have cases enough to be compared, so nothing can be said of gaps between them.",)
    chance = percent(audit.false_alarm)
    return (
        f"{counted(audit.comparisons, 'comparison')} of a subgroup with all other images that state a value. A gap is "
        f"flagged where its p-value, multiplied as Holm (1979) does for the number of comparisons, is {chance} or "
        f"less: without any true gap, at most {chance} of such reports flag one or more. An interval is that of its "
        "own comparison alone, so it may leave out 0 where nothing is flagged. That nothing is flagged does not prove "
        "that there is no gap: see how wide the intervals are.",
        "Compared are sensitivity, specificity and balanced accuracy. Accuracy is shown and not compared: it differs "
        "where classes are mixed otherwise, even if every class is recognised alike. For the same reason, in a "
        "compared specificity every other class has the same weight in the subgroup as outside. A gap is no cause: "
        "subgroups may differ in how ill patients are, how old, or from which machine their images come.",
        f"Too few to say: fewer than {audit.minimum_cases} independent cases of a class in the subgroup or outside. "
        "Whether there are enough is decided before any answer is looked at.",
    )


def column_sentences(column: SubgroupColumn) -> tuple[str, ...]:
    """Returns what must be known of one kind of metadata beside its table.

    Args:
        column: The kind of metadata.
    """
    told = []
    if column.is_class:
        told.append(_of_class(column))
    elif column.reason:
        told.append(f"{'Not compared' if column.subgroups else 'Not measured'}: {column.reason}.")
    missing = column.images - column.stated
    if missing and column.stated:
        told.append(f"{missing} of {counted(column.images, 'test image')} do not state it; they are never compared.")
    if column.contradictions:
        told.append(
            f"{counted(column.contradictions, 'image')} count as not stated because copies of the same image say "
            "different things."
        )
    if column.association.has_interval and not column.is_class:
        own = column.association
        told.append(
            f"Association with the class, Cramér's V: {own.value:.2f} ({own.low:.2f} to {own.high:.2f}); the further "
            "from 0, the less accuracies can be compared."
        )
    return tuple(told)


def level_name(subgroup: Subgroup) -> str:
    """Returns what a subgroup is called."""
    return shortened(subgroup.level) if subgroup.level else NOT_STATED


def verdict_words(subgroup: Subgroup) -> str:
    """Returns what the comparisons of a subgroup came to, in a few words; empty where there are none.

    Args:
        subgroup: The subgroup.
    """
    if not subgroup.gaps:
        return ""
    if subgroup.is_too_small:
        return "too few to say"
    if subgroup.flagged:
        return "; ".join(f"{gap.title} {side(gap)}" for gap in subgroup.flagged)
    compared = sum(gap.is_compared for gap in subgroup.gaps)
    few = len(subgroup.gaps) - compared
    return f"no gap flagged in {compared}" + (f"; too few to say in {few}" if few else "")


def side(gap: Gap) -> str:
    """Returns whether a subgroup does better or worse than all others: `lower` or `higher`."""
    return "lower" if gap.difference.value < 0 else "higher"


def p_words(p: float) -> str:
    """Returns a p-value in words, such as `p = 0.03`; small ones as a bound."""
    return f"p < {_SMALLEST_TOLD:g}" if p < _SMALLEST_TOLD else f"p = {p:.2g}"


def _flag_sentence(audit: SubgroupAudit, column: SubgroupColumn, subgroup: Subgroup, gap: Gap) -> str:
    difference = gap.difference
    return (
        f"Subgroups by {column.name}: {gap.title} is {side(gap)} for {level_name(subgroup)} ({gap.inside:.3f}) than "
        f"for all others ({gap.outside:.3f}), a gap of {difference.value:+.3f} ({percent(audit.confidence)} interval "
        f"{difference.low:+.3f} to {difference.high:+.3f}; {p_words(gap.adjusted)} after correction for "
        f"{counted(audit.comparisons, 'comparison')})."
    )


def _of_class(column: SubgroupColumn) -> str:
    return (
        f"Subgroups by {column.name} and classes are the same thing: each value has images of one class only, so that "
        "how well a class is recognised and how well a subgroup is cannot be told apart."
    )
