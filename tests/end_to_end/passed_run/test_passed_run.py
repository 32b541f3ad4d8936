"""A run whose gate is open, from generated images to the files that it leaves."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.support.commands import Finished
from tests.support.passed_run import STEPS

pytestmark = pytest.mark.end_to_end


def test_every_step_completes_and_the_summary_says_what_came_of_it(first: Finished) -> None:
    summary = first.summary
    assert first.statuses() == dict.fromkeys(STEPS, "completed")
    assert summary["verdict"] == "PASS"
    assert set(summary["criteria"][0]) >= {"name", "scope", "estimate", "low", "high", "n", "threshold", "verdict"}
    for name in ("accuracy", "balanced_accuracy", "auroc", "ece"):
        assert set(summary["metrics"][name]) >= {"value", "low", "high", "n"}
    points = summary["decisions"]["rules"]["operating_points"]
    assert points.keys() == summary["metrics"]["sensitivity"].keys()
    assert len(summary["metrics"]["sensitivity"]) == len(summary["metrics"]["specificity"]) == 5
    assert summary["model"]["name"].startswith("quickstart-")
    assert summary["model"]["aliases"] == ["champion"]


def test_the_scanners_of_the_phantoms_are_subgroups_without_being_asked_for(first: Finished) -> None:
    origin = first.summary["subgroups"]["columns"]["origin"]
    assert len(origin["levels"]) == 2
    assert sum(level["images"] for level in origin["levels"].values()) == origin["stated"] == origin["images"]
    assert '<h2 id="subgroups">Subgroups</h2>' in Path(first.summary["report"]).read_text()


def test_the_closing_words_name_the_verdict_the_report_and_commands(first: Finished) -> None:
    assert "Medical validation gate: PASS" in first.output
    assert first.summary["report"] in first.output
    for command in ("medimage dashboard", "mlflow ui --backend-store-uri", f"bentoml serve {first.summary['bento']}"):
        assert command in first.output


def test_there_is_a_line_for_every_epoch(first: Finished) -> None:
    epochs = re.findall(r"epoch\s+(\d)/(\d)", first.errors + first.output)
    assert {("1", "1"), ("1", "2"), ("2", "2")} <= set(epochs)


def test_every_tracker_has_every_epoch_and_mlflow_the_weights(first: Finished, home: Path) -> None:
    import mlflow
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = Path(first.summary["report"]).parent
    tables = [list(csv.DictReader((folder / f"stage{stage}.csv").read_text().splitlines())) for stage in (1, 2)]
    assert [[row["epoch"] for row in table] for table in tables] == [["1"], ["1", "2"]]
    losses = [float(row["train_loss"]) for table in tables for row in table]
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("auroc/validation")] == [1, 2, 3]
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{home}/mlflow/mlflow.db")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    (run,) = [run for run in client.search_runs(experiments) if run.info.run_name == folder.name]
    curve = client.get_metric_history(run.info.run_id, "epoch.train_loss")
    assert [point.step for point in curve] == [1, 2, 3]
    assert [point.value for point in curve] == pytest.approx(losses)
    assert run.data.params["config.training.stage1.epochs"] == "1"
    assert {Path(file.path).name for file in client.list_artifacts(run.info.run_id, "models")} == {
        "test_resnet-training_best_model.safetensors",
        "test_resnet-training_last_model.safetensors",
    }


def test_the_report_needs_no_other_file_and_no_network(first: Finished) -> None:
    page = Path(first.summary["report"]).read_text()
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|#)[^\"']+", page)
    assert "sensitivity of covid" in page
    assert len(page) < 5_000_000


def test_no_store_was_written_outside_the_workspace(first: Finished, home: Path) -> None:
    assert first.exit_code == 0
    assert {"zenml", "mlflow", "bentoml", "runs"} <= {path.name for path in home.iterdir()}
    assert not (PROJECT / "mlruns").exists()
    assert json.loads((home / "summary.json").read_text())
    assert io.BytesIO((home / "mlflow" / "mlflow.db").read_bytes()).read(15) == b"SQLite format 3"
