"""Each thing that may be a reason to train again, weighed against its threshold."""

from datetime import timedelta
from typing import Any

from medimage.config.retraining import RetrainingConfig
from medimage.monitoring.drift_check import DriftVerdict
from medimage.registry.champion_change import Author
from medimage.retraining.evidence import RetrainingEvidence
from medimage.retraining.reason import Reason, ReasonName
from medimage.retraining.watched import Watched
from medimage.wording import counted, listed

_DAY = timedelta(days=1)


def weigh_reasons(
    evidence: RetrainingEvidence, config: RetrainingConfig, *, force: Author | None
) -> tuple[Reason, ...]:
    """Weighs every reason, also those that do not hold: who reads the decision sees what was looked at.

    Args:
        evidence: What is known.
        config: The thresholds.
        force: Who asks for it whatever the others say; None where nobody does.
    """
    reasons = (
        _drift(evidence.watched, config),
        _performance(evidence.watched, config),
        _new_images(evidence, config),
        _age(evidence, config),
    )
    if force is None:
        return reasons
    return (*reasons, Reason(name=ReasonName.FORCED, holds=True, sentence=_ended(f"{force.by} asks: {force.reason}")))


def _drift(watched: Watched | None, config: RetrainingConfig) -> Reason:
    if watched is None:
        return _not_looked_at(ReasonName.DRIFT, "Drift was not looked at: no log was given.")
    kind = None if watched.kind is None else watched.kind.value
    numbers: dict[str, Any] = {"verdict": watched.verdict.value, "kind": kind, "counting": list(config.drift)}
    holds = kind in config.drift
    sentence = _ended(watched.sentence)
    if watched.verdict is DriftVerdict.DRIFT and not holds:
        counting = listed(config.drift) or "none does"
        sentence += f" Drift of the kind {kind} is no reason to train again (retraining.drift: {counting})."
    return Reason(name=ReasonName.DRIFT, holds=holds, sentence=sentence, numbers=numbers)


def _performance(watched: Watched | None, config: RetrainingConfig) -> Reason:
    name, largest = ReasonName.PERFORMANCE, config.largest_drop
    if watched is None or watched.judged is None:
        return _not_looked_at(name, "Performance was not looked at: no feedback was given.")
    numbers = {"largest_drop": largest, "judged": watched.judged, "rates": [rate.to_dict() for rate in watched.rates]}
    fallen = [rate for rate in watched.rates if rate.exceeds(largest)]
    if fallen:
        sentence = f"Performance has dropped by more than {100 * largest:g} points: " + "; ".join(
            rate.sentence() for rate in fallen
        )
    elif not watched.rates:
        sentence = f"No rate can be compared: {counted(watched.judged, 'answer')} of the window with feedback"
    else:
        worst = min(watched.rates, key=lambda rate: rate.limits[1])
        sentence = f"No drop by more than {100 * largest:g} points is certain; nearest to one, {worst.sentence()}"
    return Reason(name=name, holds=bool(fallen), sentence=_ended(sentence), numbers=numbers)


def _new_images(evidence: RetrainingEvidence, config: RetrainingConfig) -> Reason:
    unseen, total = dict(evidence.unseen), sum(evidence.unseen.values())
    few = sorted(name for name, number in unseen.items() if number < config.new_images_per_class)
    of_each = listed([f"{number} of {name}" for name, number in unseen.items() if number])
    found = f"{counted(total, 'labelled image')} that {evidence.champion} has not seen may be trained on"
    sentence = f"{found}{f' ({of_each})' if of_each else ''}; {config.new_images} are a reason"
    if few:
        sentence += f", where {config.new_images_per_class} are of every class, which {listed(few)} lacks"
    return Reason(
        name=ReasonName.NEW_IMAGES,
        holds=total >= config.new_images and not few,
        sentence=_ended(sentence),
        numbers={
            "unseen": total,
            "unseen_per_class": unseen,
            "new_images": config.new_images,
            "new_images_per_class": config.new_images_per_class,
            "lost": evidence.lost,
        },
    )


def _age(evidence: RetrainingEvidence, config: RetrainingConfig) -> Reason:
    days, most = evidence.age / _DAY, config.maximum_age_days
    numbers = {"days": round(days, 3), "maximum_age_days": most, "registered": evidence.registered.isoformat()}
    when = f"{evidence.champion} was registered on {evidence.registered:%Y-%m-%d}"
    if days < 0:
        # A clock that is set back says nothing of the age; the champion is taken to be new.
        sentence = f"{when}, which is later than now by the clock of this machine: its age is unknown"
        return Reason(name=ReasonName.AGE, holds=False, sentence=_ended(sentence), numbers=numbers)
    told = "age is no reason" if most is None else f"{counted(_whole(most), 'day')} are a reason"
    sentence = f"{when}, {counted(int(days), 'day')} ago; {told}"
    return Reason(
        name=ReasonName.AGE, holds=most is not None and days >= most, sentence=_ended(sentence), numbers=numbers
    )


def _not_looked_at(name: ReasonName, sentence: str) -> Reason:
    return Reason(name=name, holds=False, sentence=sentence, numbers={"looked_at": False})


def _whole(number: float) -> Any:
    return int(number) if number == int(number) else number


def _ended(sentence: str) -> str:
    return f"{sentence.rstrip().rstrip('.')}."
