"""Whatever the graph of runs, artifacts and models: nothing that something refers to is ever found to be garbage."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from medimage.cleaning.run_graph import RecordedArtifact, RecordedRun, RecordedStep, RunGraph
from medimage.cleaning.unreferenced import find_unreferenced

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
BEFORE = NOW - datetime.timedelta(days=30)
OLD, NEW = NOW - datetime.timedelta(days=90), NOW - datetime.timedelta(days=1)


def run(name: str, *steps: RecordedStep, active: datetime.datetime = OLD, over: bool = True, linked: bool = False):
    return RecordedRun(
        identifier=f"id-{name}", name=name, last_active=active, is_over=over, steps=steps, is_linked=linked
    )


def step(name: str, *artifacts: str, taken_from: str | None = None) -> RecordedStep:
    return RecordedStep(identifier=name, taken_from=taken_from, artifacts=frozenset(artifacts))


def artifact(name: str, *, kind: str = "pixels", made: datetime.datetime = OLD, linked: bool = False):
    return RecordedArtifact(identifier=name, kind=kind, made=made, is_linked=linked)


def found(runs: tuple[RecordedRun, ...], artifacts: tuple[RecordedArtifact, ...], *mentions: str):
    return find_unreferenced(RunGraph(runs=runs, artifacts=artifacts, mentions=frozenset(mentions)), before=BEFORE)


def test_an_old_run_goes_with_what_only_it_used() -> None:
    gone = found((run("a", step("s", "x")), run("b", step("t", "y"), active=NEW)), (artifact("x"), artifact("y")))
    assert (gone.runs, gone.artifacts) == ({"id-a"}, {"x"})


def test_an_artifact_that_no_run_uses_goes_when_it_is_old() -> None:
    assert found((), (artifact("x"), artifact("y", made=NEW))).artifacts == {"x"}


def test_a_run_that_the_registry_mentions_stays_with_all_it_used() -> None:
    gone = found((run("train-1", step("s", "x")), run("train-2")), (artifact("x"),), "a fold of it: train-1-fold_2")
    assert (gone.runs, gone.artifacts) == ({"id-train-2"}, frozenset())


def test_a_kept_run_keeps_those_that_it_took_steps_from_the_cache_of() -> None:
    origin = run("a", step("s1", "x"), step("s2", "only-a"))
    middle = run("b", step("t1", "x", taken_from="s1"))
    newest = run("c", step("u1", "x", taken_from="t1"), active=NEW)
    gone = found((origin, middle, newest), (artifact("x"), artifact("only-a")))
    assert gone.runs == frozenset()
    assert gone.artifacts == frozenset()


def test_a_run_that_has_not_ended_stays_however_old() -> None:
    assert found((run("a", over=False),), ()).runs == frozenset()


def test_locked_test_sets_and_evaluations_stay_without_their_runs() -> None:
    artifacts = (artifact("t", kind="locked_test_set"), artifact("e", kind="evaluation"), artifact("x"))
    gone = found((run("a", step("s", "t", "e", "x")),), artifacts)
    assert (gone.runs, gone.artifacts) == ({"id-a"}, {"x"})


MOMENTS = st.sampled_from((OLD, BEFORE - datetime.timedelta(seconds=1), BEFORE, NEW))


@st.composite
def graphs(draw: st.DrawFn) -> RunGraph:
    artifacts = tuple(
        artifact(
            f"artifact-{number}",
            kind=draw(st.sampled_from(("pixels", "images", "model", "evaluation", "locked_test_set"))),
            made=draw(MOMENTS),
            linked=draw(st.booleans()) and draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 8)))
    )
    names = [each.identifier for each in artifacts]
    some = st.frozensets(st.sampled_from(names), max_size=3) if names else st.just(frozenset[str]())
    runs: list[RecordedRun] = []
    known: list[str] = []
    for number in range(draw(st.integers(0, 7))):
        steps = []
        for place in range(draw(st.integers(0, 3))):
            # Also of steps that are gone, and of the run itself: a database may hold either.
            origins = st.sampled_from([None, "step-gone", f"step-{number}-{place}", *known])
            steps.append(
                RecordedStep(identifier=f"step-{number}-{place}", taken_from=draw(origins), artifacts=draw(some))
            )
        known += [each.identifier for each in steps]
        runs.append(
            RecordedRun(
                identifier=f"id-{number}",
                name=f"train-{number}",
                last_active=draw(MOMENTS),
                is_over=draw(st.integers(0, 3)) > 0,
                steps=tuple(steps),
                artifacts=draw(some),
                is_linked=draw(st.integers(0, 4)) == 0,
            )
        )
    mentions = draw(st.frozensets(st.sampled_from([f"train-{n}" for n in range(7)] + ["train-1-fold_3"]), max_size=2))
    return RunGraph(runs=tuple(draw(st.permutations(runs))), artifacts=artifacts, mentions=mentions)


def reachable(graph: RunGraph) -> tuple[set[str], set[str]]:
    """What must stay, by repeated looking at every reference until nothing new is found: an independent way."""
    stays = {
        each.identifier
        for each in graph.runs
        if not each.is_over
        or each.last_active >= BEFORE
        or each.is_linked
        or any(text.startswith(each.name) for text in graph.mentions)
    }
    while True:
        origins = {
            step.taken_from for each in graph.runs if each.identifier in stays for step in each.steps if step.taken_from
        }
        more = {
            each.identifier
            for each in graph.runs
            if any(step.identifier in origins for step in each.steps)
        }  # fmt: skip
        if more <= stays:
            break
        stays |= more
    used = {
        name
        for each in graph.runs
        if each.identifier in stays
        for group in (each.artifacts, *(step.artifacts for step in each.steps))
        for name in group
    }
    return stays, used | {
        each.identifier
        for each in graph.artifacts
        if each.is_linked or each.made >= BEFORE or each.kind in ("evaluation", "locked_test_set")
    }


@given(graphs())
def test_nothing_that_something_refers_to_is_ever_removed_and_all_else_is(graph: RunGraph) -> None:
    gone = find_unreferenced(graph, before=BEFORE)
    runs, artifacts = reachable(graph)
    assert gone.runs == {each.identifier for each in graph.runs} - runs
    assert gone.artifacts == {each.identifier for each in graph.artifacts} - artifacts


@given(graphs())
def test_what_is_left_after_cleaning_has_nothing_more_to_clean(graph: RunGraph) -> None:
    gone = find_unreferenced(graph, before=BEFORE)
    left = RunGraph(
        runs=tuple(each for each in graph.runs if each.identifier not in gone.runs),
        artifacts=tuple(each for each in graph.artifacts if each.identifier not in gone.artifacts),
        mentions=graph.mentions,
    )
    again = find_unreferenced(left, before=BEFORE)
    assert (again.runs, again.artifacts) == (frozenset(), frozenset())
