"""A sensitivity that lies exactly at the threshold passes the gate in at most 2.5 % of test sets, clustered or not."""

import itertools
from concurrent.futures import Executor

import numpy as np

from benchmarks.support.measurement import Measurement
from benchmarks.support.simulated_test_sets import SIZES, Scenario
from benchmarks.support.workers import open_workers
from medimage.config.evaluation import EvaluationConfig
from medimage.config.gate import GateConfig
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.judgement import Cases, judge_estimate
from medimage.evaluation.metrics.cluster_bootstrap import resampled_totals, totals_by_group
from medimage.evaluation.metrics.proportion import estimate_proportion
from medimage.serving.cores import available_cores

TEST_SETS = 10_000
_AGAIN = 100_000
"""Test sets of the worst scenarios, drawn anew: the worst of many is partly the unluckiest of them."""
_WORST = 5
_TAIL = 0.025
_STANDARD_ERRORS = 3.0
_PATIENTS = (20, 60, 300)
_SENSITIVITIES = (0.8, 0.9)
_CORRELATIONS = (0.0, 0.1, 0.3, 0.6, 1.0)


def scenarios() -> list[Scenario]:
    """Returns all kinds of test sets that are simulated."""
    plain = [
        Scenario(sizes=sizes, patients=patients, sensitivity=sensitivity, correlation=correlation)
        for sizes, patients, sensitivity, correlation in itertools.product(
            SIZES, _PATIENTS, _SENSITIVITIES, _CORRELATIONS
        )
    ]
    harder = [
        Scenario(sizes=sizes, patients=patients, sensitivity=0.8, correlation=correlation, harder=0.15)
        for sizes, patients, correlation in itertools.product(
            ("1 to 8 images", "half have 1, a quarter 2, ..."), _PATIENTS, (0.0, 0.3)
        )
    ]
    return [*plain, *harder]


def measure() -> Measurement:
    """Simulates test sets with a known sensitivity, and lets the gate's own code judge each by its own default.

    The kinds of test sets with the highest shares are simulated once more with other draws, ten times as many. What is
    judged is the highest share of these, against 2.5 % and three standard errors of a simulated share.
    """
    kinds = scenarios()
    with open_workers(available_cores(), threads=1) as workers:
        shares = _shares(workers, kinds, test_sets=TEST_SETS, seed=1)
        worst = sorted(kinds, key=lambda kind: shares[kind], reverse=True)[:_WORST]
        again = _shares(workers, worst, test_sets=_AGAIN, seed=2)
    error = (_TAIL * (1 - _TAIL) / _AGAIN) ** 0.5
    return Measurement(
        name="gate_coverage",
        measured=max(again.values()),
        target=round(_TAIL + _STANDARD_ERRORS * error, 4),
        unit="share of test sets that pass",
        direction="at_most",
        details=(
            f"{len(kinds)} kinds of test sets, {TEST_SETS:,} of each; with sensitivity at the threshold, they pass in "
            f"{100 * np.median(list(shares.values())):.2f} % (median), at most {100 * max(shares.values()):.2f} %",
            *(f"  at most {100 * _worst_of(shares, sizes):.2f} %: {sizes}" for sizes in SIZES),
            f"the {_WORST} highest, drawn again, {_AGAIN:,} of each:",
            *(f"  {100 * again[kind]:.2f} %: {kind} ({100 * shares[kind]:.2f} % before)" for kind in worst),
        ),
    )


def _worst_of(shares: dict[Scenario, float], sizes: str) -> float:
    return max(share for kind, share in shares.items() if kind.sizes == sizes)


def _shares(workers: Executor, kinds: list[Scenario], *, test_sets: int, seed: int) -> dict[Scenario, float]:
    count = len(kinds)
    return dict(zip(kinds, workers.map(share_that_passes, kinds, [test_sets] * count, [seed] * count), strict=True))


def share_that_passes(kind: Scenario, test_sets: int, seed: int) -> float:
    """Returns the share of test sets in which the gate passes the sensitivity of a class.

    Args:
        kind: What they are like; the threshold is their true sensitivity.
        test_sets: How many are drawn.
        seed: Seed of the draws.
    """
    generator = np.random.default_rng(seed)
    return sum(_passes(kind, generator, seed=number) for number in range(test_sets)) / test_sets


def _passes(kind: Scenario, generator: np.random.Generator, *, seed: int) -> bool:
    config = EvaluationConfig()
    hits, patients = kind.draw(generator)
    cases = Cases(count=kind.patients, minimum=GateConfig().minimum_cases_per_class, what="patients")
    resampled = None
    # The bootstrap is slow and only ever widens the interval: what does not pass without it does not pass with it.
    for _ in range(2):
        estimate = estimate_proportion(
            hits, patients, confidence=config.confidence, interval=config.interval, resampled=resampled
        )
        criterion = judge_estimate(
            estimate, name="sensitivity", scope="a", threshold=kind.sensitivity, direction="at_least", cases=cases
        )
        if criterion.verdict is not Verdict.PASS:
            return False
        sums = resampled_totals(
            totals_by_group(np.column_stack([hits.astype(np.float64), np.ones(len(hits))]), patients),
            strata=np.zeros(kind.patients, dtype=np.int64),
            resamples=config.bootstrap_resamples,
            seed=seed,
        )
        resampled = sums[:, 0] / sums[:, 1]
    return True
