"""What a run knows of its results."""

from collections.abc import Iterable, Mapping

from medimage.dossier.fact import Fact
from medimage.dossier.run_record import RunRecord
from medimage.evaluation.decision.calibration import Temperature
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.measures_table import measures_rows
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.shortcuts.table import table_rows
from medimage.wording import counted, listed


def facts_of_results(record: RunRecord) -> dict[str, Fact]:
    """Returns facts on what was measured, by name; what the run does not know is left out.

    Args:
        record: The run.
    """
    evaluation, gate_report, context = record.evaluation, record.gate_report, record.context
    metrics, test = evaluation.metrics, evaluation.test
    cases = len(set(test.groups))
    facts = {
        "verdict": Fact(
            text=f"{gate_report.verdict.value}: {gate_report.sentence().rstrip('.')}; accuracy "
            f"{told(metrics.accuracy)}",
            anchor="gate",
        ),
        "internal_test": Fact(
            text=f"Judged on {counted(len(test), 'image')} of {counted(cases, 'case')} of the same data that had no "
            f"part in {'the training of the model that judged them' if record.folds else 'training'}; "
            f"candidates judged on them so far: {evaluation.candidates}",
            anchor="gate",
        ),
        "sample_size": Fact(text=_sample_size(record), anchor="gate"),
        "measures": Fact(
            text="Sensitivity, specificity, predictive values, F1, Matthews' correlation, and areas under ROC and "
            "precision-recall curve of each class; accuracy, balanced accuracy, calibration error and Brier score of "
            "all",
            anchor="per-class",
        ),
        "uncertainty": Fact(text=_uncertainty(record), anchor="origin"),
        "performance": Fact(
            text=f"Sensitivity {_span(each.sensitivity for each in metrics.per_class.values())}, specificity "
            f"{_span(each.specificity for each in metrics.per_class.values())} and AUROC "
            f"{_span(each.auroc for each in metrics.per_class.values())} over the classes",
            anchor="per-class",
        ),
        "calibration": Fact(text=_calibration(record), anchor="errors"),
        "errors": Fact(text=_errors(record), anchor="errors"),
        "latency": Fact(
            text=f"One image takes {evaluation.latency.p95_ms:.1f} ms (95th percentile) on "
            f"{evaluation.latency.machine}",
            anchor="gate",
        ),
        "limits": Fact(
            text=f"Limits of the method, and {counted(len(gate_report.findings), 'finding')} on these data, stand on "
            "the card",
            anchor="dossier-card",
        ),
        "updating": Fact(
            text=f"Temperature {_fitted(evaluation.temperature)}; nothing was changed after the test images were read",
            anchor="errors",
        ),
    }
    if context.shortcuts is not None:
        rows = [row for row in table_rows(context.shortcuts) if row.interval]
        if rows:
            facts["shortcuts"] = Fact(
                text="; ".join(f"{row.what}: {row.value} ({row.interval}), {row.meaning}" for row in rows),
                anchor="shortcuts",
            )
    heat_maps = _heat_maps(context.explanations)
    if heat_maps:
        facts["explanations"] = Fact(text=heat_maps, anchor="explanations")
    if record.subgroups:
        facts["subgroups"] = Fact(text=f"Measured by {listed(sorted(record.subgroups))}", anchor="subgroups")
    if gate_report.verdict is Verdict.PASS and not record.folds:
        facts["input_checks"] = Fact(
            text="The packaged service refuses what it cannot decode, and says why; it does not notice an image of "
            "another kind",
            anchor="dossier-card",
        )
    return facts


def _fitted(temperature: Temperature) -> str:
    return f"not fitted: {temperature.reason}" if temperature.reason else f"fitted on: {temperature.fitted_on}"


def _heat_maps(explanations: Mapping[str, Explanation]) -> str:
    """Returns what was explained by which methods, and what their maps are worth; nothing where there are no maps."""
    named = []
    for model, explanation in explanations.items():
        for row in measures_rows(explanation):
            worth = ", ".join(cell.verdict for cell in row.cells if cell.verdict)
            if row.cells:
                named.append(f"{f'{model}, ' if model else ''}{row.title}{f': {worth}' if worth else ''}")
    return "; ".join(named)


def told(estimate: Estimate) -> str:
    """Returns an estimate with its interval and cases, or why it is not known."""
    if not estimate.is_defined:
        return f"not known ({estimate.reason})"
    if not estimate.has_interval:
        return f"{estimate.value:.3f} (no interval: {estimate.reason})"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _uncertainty(record: RunRecord) -> str:
    metrics = record.evaluation.metrics
    of_classes = [figure for each in metrics.per_class.values() for figure in each.estimates().values()]
    figures: list[Estimate] = [*metrics.overall().values(), *of_classes]
    known = sum(figure.has_interval for figure in figures)
    return (
        f"{known} of {counted(len(figures), 'figure')} have a {record.evaluation.confidence:.0%} interval, which "
        "counts cases and not images; the others have the reason why not. The gate asks the limit, not the estimate"
    )


def _span(estimates: Iterable[Estimate]) -> str:
    all_of_them = list(estimates)
    values = [estimate.value for estimate in all_of_them if estimate.is_defined]
    unknown = len(all_of_them) - len(values)
    if not values:
        return "not known"
    return f"{min(values):.3f} to {max(values):.3f}{f' ({unknown} not known)' if unknown else ''}"


def _sample_size(record: RunRecord) -> str:
    cases = record.evaluation.cases_per_class()
    fewest = min(cases, key=lambda name: cases[name])
    further = [
        f"{criterion.further_cases:,} more {criterion.further_of} for {criterion.title}"
        for criterion in record.gate_report.criteria
        if criterion.further_cases is not None
    ]
    enough = f"; {listed(further, most=3)} would settle what is inconclusive" if further else ""
    return (
        f"At least {record.config.gate.minimum_cases_per_class} cases of each class are asked for; {fewest} has the "
        f"fewest, {cases[fewest]}{enough}"
    )


def _calibration(record: RunRecord) -> str:
    temperature, metrics = record.evaluation.temperature, record.evaluation.metrics
    fitted = (
        f"no temperature was fitted ({temperature.reason})"
        if temperature.reason
        else f"temperature {temperature.value:.3f}, fitted on {counted(temperature.cases, 'validation case')}"
    )
    return f"Calibration error {told(metrics.calibration_error)}, Brier score {told(metrics.brier)}; {fitted}"


def _errors(record: RunRecord) -> str:
    evaluation = record.evaluation
    wrong = sorted(
        (
            (count, evaluation.classes[true], evaluation.classes[predicted])
            for true, row in enumerate(evaluation.confusion)
            for predicted, count in enumerate(row)
            if true != predicted and count
        ),
        key=lambda each: (-each[0], each[1:]),
    )
    total = sum(count for count, _, _ in wrong)
    if not wrong:
        return f"None of {counted(len(evaluation.test), 'test image')} was taken for another class"
    count, true, predicted = wrong[0]
    return (
        f"{total:,} of {counted(len(evaluation.test), 'test image')} were taken for another class, most often {true} "
        f"for {predicted} ({count:,})"
    )
