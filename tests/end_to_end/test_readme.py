"""The commands of the README, and those of pages that go with them, do what they say.

The other commands of the documentation are run by tests/documentation, which counts all of them.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import timm
from safetensors.torch import save_file

from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.documented_commands import commands_of
from tests.support.images import make_class_folders
from tests.support.processes import free_port

pytestmark = pytest.mark.end_to_end

README = (PROJECT / "README.md").read_text()


def commands(page: str = "README.md") -> list[str]:
    """Returns the commands of the README or of a page below docs/how-to, from top to bottom."""
    return commands_of(page if page == "README.md" else f"docs/how-to/{page}.md")


def run(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        shlex.split(command), cwd=PROJECT, env=environment(home), capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("home")


def test_the_readme_has_the_commands_that_are_tested_here() -> None:
    assert len(commands()) == 7
    assert all(command.startswith(("make demo", ".venv/bin/")) for command in commands())


def test_make_demo_passes_the_gate_and_prints_what_to_do_next(home: Path) -> None:
    finished = run(commands()[0], home)
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert "Medical validation gate: PASS" in finished.stdout
    serve = re.findall(r"BENTOML_HOME=\S+ \S+bentoml serve (\S+)", finished.stdout)
    assert len(serve) == 1
    again = run(commands()[0], home)
    assert again.returncode == 0
    assert "Using cached version of step `package_bento`" in again.stdout + again.stderr
    assert "has started" not in again.stdout + again.stderr


@pytest.mark.proof
def test_the_evidence_of_the_demo_holds_and_its_model_is_judged_again(home: Path) -> None:
    verify, _, judge = commands("evidence")
    folders = sorted(path.parent for path in (home / "runs").glob("train-*/evidence.json"))
    # The demo ran twice; what came from the cache the second time is bound as well.
    assert len(folders) == 2
    for folder in folders:
        verified = run(verify.replace(".medimage/runs/NAME", str(folder)), home)
        assert verified.returncode == 0, verified.stdout[-3000:] + verified.stderr[-3000:]
    judged = run(judge, home)
    assert judged.returncode in (0, 3), judged.stderr[-3000:]
    assert "quickstart-" in judged.stdout


def test_the_champion_of_the_demo_answers_on_an_image_and_on_a_folder(home: Path, tmp_path: Path) -> None:
    predict, infer = commands("classify")
    assert predict in commands()
    folder = make_class_folders(tmp_path / "new", images=3)
    told = run(predict.replace("images/new/scan.png", str(folder / "ill/000.png")), home)
    assert told.returncode == 0, told.stderr[-3000:]
    assert "tuberculosis" in told.stdout
    answers = tmp_path / "answers.csv"
    finished = run(infer.replace("images/new", str(folder)).replace("answers.csv", str(answers)), home)
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert answers.read_text().count("\n") == 7


def test_the_model_of_the_demo_is_listed_and_shown(home: Path) -> None:
    listing, showing, *_ = commands("registry")
    assert listing in commands()
    listed, shown = run(listing, home), run(showing, home)
    assert (listed.returncode, shown.returncode) == (0, 0), listed.stderr + shown.stderr
    assert "champion" in listed.stdout
    assert "Medical validation gate: PASS" in shown.stdout


@pytest.mark.proof
def test_the_champion_of_the_demo_is_not_due_for_another_training(home: Path) -> None:
    retraining, history, _ = commands("retrain")
    decided = run(retraining, home)
    assert decided.returncode == 0, decided.stderr[-3000:]
    assert "is not trained again: no reason holds." in decided.stdout
    told = run(history, home)
    assert told.returncode == 0, told.stderr
    assert "not due: quickstart-test_resnet version 1 is not trained again" in told.stdout


def test_the_machine_is_shown(home: Path) -> None:
    (command,) = (command for command in commands("watch_training") if "medimage gpu" in command)
    finished = run(command, home)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.count("memory: ") == 1


def test_the_schedules_are_listed(home: Path) -> None:
    (command,) = (command for command in commands("schedules") if "schedule list" in command)
    finished = run(command, home)
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert "There are no schedules." in finished.stdout


@pytest.mark.proof
def test_the_dashboard_commands_start_and_stop_it(home: Path) -> None:
    start, stop = (command for command in commands() if "dashboard" in command)
    assert stop == f"{start} --stop"
    assert {start, stop} < set(commands("watch_training"))
    try:
        started = run(f"{start} --port {free_port()}", home)
        assert started.returncode == 0, started.stderr
    finally:
        assert run(stop, home).returncode == 0


def test_the_doctor_finds_nothing_that_keeps_a_run_from_beginning(home: Path) -> None:
    (command,) = (command for command in commands() if "doctor" in command)
    finished = run(command, home)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "Nothing keeps a run from beginning." in finished.stdout


@pytest.mark.proof
def test_the_command_for_own_images_trains_on_a_folder_with_a_weights_file(home: Path, tmp_path: Path) -> None:
    (command,) = (command for command in commands() if "images/brain" in command)
    images = make_class_folders(tmp_path / "brain", classes=("glioma", "meningioma"), images=40)
    weights = tmp_path / "weights.safetensors"
    save_file(timm.create_model("mobilenetv2_100").state_dict(), weights)
    command = command.replace("images/brain", str(images)).replace("weights/mobilenetv2_100.safetensors", str(weights))
    short = (
        "--model.input_size 64 --training.stage1.epochs 1 --training.stage2.epochs 1 --training.batch_size 8 "
        "--evaluation.latency_images 20 --evaluation.bootstrap_resamples 200 --explanation.images_per_class 1"
    )
    finished = run(f"{command} {short} --training.stage2.schedule.warmup_epochs 0", home)
    assert finished.returncode in (0, 3), finished.stderr[-3000:]
    assert "Medical validation gate:" in finished.stdout


SMALL = (
    "--model.name test_resnet --model.pretrained false --model.input_size 32 --model.normalization training "
    "--training.batch_size 8 --training.stage1.epochs 1 --training.stage2.epochs 1 "
    "--evaluation.latency_images 20 --evaluation.bootstrap_resamples 200 --explanation.images_per_class 1"
)


@pytest.mark.proof
def test_the_command_for_few_images_judges_every_fold(home: Path, tmp_path: Path) -> None:
    command, _ = commands("few_images_or_several_models")
    images = make_class_folders(tmp_path / "tumor", classes=("no", "yes"), images=20)
    finished = run(f"{command.replace('images/tumor', str(images))} {SMALL} --split.folds 2", home)
    assert finished.returncode in (0, 3), finished.stderr[-3000:]
    assert "Medical validation gate on the out-of-fold predictions:" in finished.stdout


@pytest.mark.proof
def test_the_command_for_several_models_compares_both_strategies(home: Path, tmp_path: Path) -> None:
    _, command = commands("few_images_or_several_models")
    images = make_class_folders(tmp_path / "tb", classes=("Normal", "Tuberculosis"), images=40)
    short = "--experiment.candidates '{full: {training: {stage2: {epochs: 1}}}}'"
    finished = run(f"{command.replace('images/tb', str(images))} {SMALL} {short}", home)
    assert finished.returncode in (0, 3), finished.stderr[-3000:]
    for candidate in ("transfer", "full"):
        assert candidate in finished.stdout


@pytest.mark.proof
def test_the_audit_command_writes_one_row_per_file_and_the_stats_command_prints_both_figures(
    home: Path, tmp_path: Path
) -> None:
    audit, stats, *_ = commands("trusted_data")
    folder = tmp_path / "audit"
    small = "--data.synthetic.patients_per_class 12 --data.synthetic.image_size 64"
    audited = run(f"{audit.replace('--out audit', f'--out {folder}')} {small}", home)
    assert audited.returncode == 0, audited.stderr[-3000:]
    rows = (folder / "images.csv").read_text().splitlines()
    assert rows[0] == "path,label,group,duplicate_cluster,split,fold,excluded,reason"
    assert len(rows) == 1 + 5 * 12 * 2
    assert (folder / "audit.json").is_file()
    shown = run(f"{stats} {small}", home)
    assert shown.returncode == 0, shown.stderr[-3000:]
    assert "mean" in shown.stdout
    assert "std" in shown.stdout or "standard deviation" in shown.stdout


def test_help_lists_every_key_and_print_config_shows_what_would_run(home: Path) -> None:
    help_command, print_command, _ = commands("configure")
    told = run(help_command, home)
    assert told.returncode == 0
    for key in ("--training.stage2.learning_rate", "--gate.sensitivity", "--no-cache", "--summary"):
        assert key in told.stdout
    shown = run(print_command, home)
    assert shown.returncode == 0
    assert "viral_pneumonia" in shown.stdout


def test_every_file_that_the_readme_names_is_there() -> None:
    named = re.findall(r"\]\((?!http)([^)#]+)\)", README) + re.findall(r"`((?:configs|medimage)/[\w/.]+)`", README)
    assert len(named) > 8
    assert not [name for name in named if not (PROJECT / name).exists()]
