"""The medical validation gate: what a model must prove before it is exported, registered or packaged."""

from dataclasses import replace

from medimage.config.gate import GateConfig
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.champion_criteria import judge_against_champion
from medimage.evaluation.gate.criterion import Criterion
from medimage.evaluation.gate.data_findings import DataFindings
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.gate.judgement import (
    Cases,
    judge_crossings,
    judge_estimate,
    judge_imbalance,
    judge_latency,
    judge_shortcuts,
    judge_unknown_training,
)
from medimage.evaluation.gate.subgroup_gaps import judge_subgroup_gaps
from medimage.evaluation.subgroups.sentences import warnings as warnings_of_subgroups
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit


def judge(
    *,
    evaluation: Evaluation,
    data_findings: DataFindings,
    config: GateConfig,
    champion: ChampionComparison | None = None,
    subgroups: SubgroupAudit | None = None,
) -> GateReport:
    """Judges a model by every criterion of the configuration.

    Args:
        evaluation: What was measured on the test images.
        data_findings: What the data and the split look like.
        config: The thresholds.
        champion: How the model compares with the one in use; None where no such comparison belongs to the run.
        subgroups: What was measured of the subgroups; None where nobody looked.
    """
    counts = evaluation.cases_per_class()
    cases = {name: _cases(count, f"cases of {name}", config=config) for name, count in counts.items()}
    return GateReport(
        criteria=(
            *judge_performance(evaluation, config=config),
            judge_imbalance(data_findings, threshold=config.imbalance_ratio),
            judge_crossings("crossing_groups", data_findings.crossing_groups, what="groups have images"),
            judge_crossings(
                "crossing_duplicates", data_findings.crossing_duplicates, what="clusters of duplicates have images"
            ),
            *([judge_shortcuts(data_findings)] if config.shortcut_findings == "fail" else []),
            *(() if champion is None else judge_against_champion(champion, config=config.champion, cases=cases)),
            *(() if subgroups is None else judge_subgroup_gaps(subgroups, config)),
        ),
        findings=(*data_findings.findings, *(() if subgroups is None else warnings_of_subgroups(subgroups))),
        candidates=evaluation.candidates,
    )


def judge_registered(evaluation: Evaluation, *, config: GateConfig, seen_is_known: bool) -> tuple[Criterion, ...]:
    """Judges a registered model on images of any source, where nothing is known of those that it was trained on.

    Args:
        evaluation: What was measured on the images.
        config: The thresholds.
        seen_is_known: Whether the model says which images it has seen, so that these could be left out.
    """
    performance = judge_performance(evaluation, config=config)
    return performance if seen_is_known else (*performance, judge_unknown_training())


def judge_performance(evaluation: Evaluation, *, config: GateConfig) -> tuple[Criterion, ...]:
    """Judges what was measured alone, whatever the model was trained on.

    Rates and areas of a class need the minimum of independent cases of that class (or of the others, for its
    specificity); figures of all classes together need it of the rarest class.

    Args:
        evaluation: What was measured on the test images.
        config: The thresholds.
    """
    metrics, counts = evaluation.metrics, evaluation.cases_per_class()
    rarest = min(counts, key=counts.__getitem__)
    everywhere = _cases(counts[rarest], f"cases of {rarest} (the rarest class)", config=config, with_others=True)
    of_class = {name: _cases(count, f"cases of {name}", config=config) for name, count in counts.items()}
    of_others = {
        name: _cases(values.specificity.groups, f"cases that are not {name}", config=config)
        for name, values in metrics.per_class.items()
    }
    # An area needs cases on both sides: the rarer side decides.
    of_either = {
        name: replace(min(of_class[name], of_others[name], key=lambda side: side.count), with_others=True)
        for name in metrics.per_class
    }

    def of_every_class(name: str, *, threshold: float, cases: dict[str, Cases]) -> list[Criterion]:
        return [
            judge_estimate(
                getattr(values, name),
                name=name,
                scope=scope,
                threshold=threshold,
                direction="at_least",
                cases=cases[scope],
            )
            for scope, values in metrics.per_class.items()
        ]

    return (
        judge_estimate(
            metrics.accuracy,
            name="accuracy",
            scope="overall",
            threshold=config.accuracy,
            direction="at_least",
            cases=everywhere,
        ),
        *of_every_class("sensitivity", threshold=config.sensitivity, cases=of_class),
        *of_every_class("specificity", threshold=config.specificity, cases=of_others),
        judge_estimate(
            metrics.balanced_accuracy,
            name="balanced_accuracy",
            scope="overall",
            threshold=config.balanced_accuracy,
            direction="at_least",
            cases=everywhere,
        ),
        *of_every_class("auroc", threshold=config.auroc, cases=of_either),
        judge_estimate(
            metrics.calibration_error,
            name="calibration_error",
            scope="overall",
            threshold=config.calibration_error,
            direction="at_most",
            cases=everywhere,
        ),
        judge_latency(evaluation.latency, threshold=config.latency_p95_ms),
    )


def _cases(count: int, what: str, *, config: GateConfig, with_others: bool = False) -> Cases:
    return Cases(count=count, minimum=config.minimum_cases_per_class, what=what, with_others=with_others)
