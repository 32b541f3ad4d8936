"""What a run does again after one whose gate was open, and what it takes from the cache."""

import shutil
from pathlib import Path

import pytest

from medimage.evidence.evidence_file import read_evidence
from tests.conftest import PROJECT
from tests.support.commands import OPEN_GATE, TINY, Finished, train
from tests.support.passed_run import STEPS

pytestmark = pytest.mark.end_to_end


def test_the_second_run_runs_nothing_again(first: Finished, again: Finished) -> None:
    assert again.exit_code == 0
    assert again.rerun() == set()
    for key in ("config_hash", "data_hash", "verdict", "metrics", "model", "bento"):
        assert again.summary[key] == first.summary[key]
    before, after = (read_evidence(Path(run.summary["report"]).with_name("evidence.json")) for run in (first, again))
    assert after.evidence.claims_sha256 == before.evidence.claims_sha256
    assert after.evidence.circumstances["run_name"] != before.evidence.circumstances["run_name"]


@pytest.mark.proof
def test_a_cached_run_does_not_claim_an_alias_that_another_version_has_by_now(first: Finished, home: Path) -> None:
    other = train(home, *TINY, *OPEN_GATE, "--model.head", "medical")
    assert other.summary["model"]["version"] != first.summary["model"]["version"]
    assert other.summary["model"]["aliases"] == ["champion"]
    again = train(home, *TINY, *OPEN_GATE)
    assert again.rerun() == set()
    assert again.summary["model"]["version"] == first.summary["model"]["version"]
    assert again.summary["model"]["aliases"] == ["previous"]


def test_another_stage_2_runs_again_from_there(changed: Finished) -> None:
    assert changed.rerun() == set(STEPS[STEPS.index("train_stage2") :])


@pytest.mark.proof
def test_a_new_finding_on_the_split_is_judged_and_told_and_nothing_is_trained_again(
    first: Finished, home: Path
) -> None:
    assert first.exit_code == 0
    expectations = "--data.audit.expectations"
    # So the margin matters to the division alone, and not to the audit.
    alike = (f"{expectations}.group_images", "1000", f"{expectations}.intensity_share", "1")
    before = train(home, *TINY, *OPEN_GATE, *alike)
    after = train(home, *TINY, *OPEN_GATE, *alike, f"{expectations}.intensity_margin", "0")
    # The model is registered and linked already.
    judged_and_told = STEPS[STEPS.index("medical_validation_gate") : STEPS.index("link_model_version")]
    assert after.rerun() == {"validate_dataset", "split_dataset", *judged_and_told}
    finding = "test images have other gray levels than the 70 training images"
    assert finding not in Path(before.summary["report"]).read_text()
    assert finding in Path(after.summary["report"]).read_text()
    assert after.summary["data_hash"] == before.summary["data_hash"]


def test_editing_helpers_runs_exactly_the_steps_again_that_use_them(
    first: Finished, home: Path, tmp_path: Path
) -> None:
    assert first.exit_code == 0
    copy = tmp_path / "project"
    for name in ("medimage", "steps", "pipelines", "materializers", "configs"):
        shutil.copytree(PROJECT / name, copy / name)
    gate = copy / "medimage" / "evaluation" / "gate" / "gate.py"
    gate.write_text(gate.read_text() + "\n# Another line.\n")
    grouping = copy / "medimage" / "data" / "audit" / "grouping.py"
    grouping.write_text(grouping.read_text() + "\n# Another line.\n")
    assert train(home, *TINY, *OPEN_GATE, project=copy).rerun() == {"validate_dataset", "medical_validation_gate"}


@pytest.mark.parametrize(
    ("name", "depending"),
    [
        pytest.param(
            "pylibjpeg-openjpeg", {"download_dataset", "validate_dataset", "prepare_pixels"}, marks=pytest.mark.proof
        ),
        pytest.param("great-expectations", {"validate_dataset"}, marks=pytest.mark.proof),
    ],
)
def test_another_version_of_a_library_runs_exactly_the_steps_again_that_depend_on_it(
    first: Finished, home: Path, tmp_path: Path, name: str, depending: set[str]
) -> None:
    assert first.exit_code == 0
    package = tmp_path / f"{name.replace('-', '_')}-99.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n")
    assert train(home, *TINY, *OPEN_GATE, PYTHONPATH=str(tmp_path)).rerun() == depending
