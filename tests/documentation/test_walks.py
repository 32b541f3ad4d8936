"""The documentation's pages as a reader walks through them: each command as it stands, in order, in one workspace."""

import json
import re
import signal
import time
from pathlib import Path

import pytest
import timm
from safetensors.torch import save_file

from tests.documentation.pages import written_files
from tests.documentation.runs import WALKS, Run
from tests.support.desk import Desk, Ended
from tests.support.dicom_trees import tree
from tests.support.images import make_class_folders
from tests.support.processes import free_port, running_server
from tests.support.retrained import write_phantoms

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(7200)]

SHORT = {
    "training": {"stage1": {"epochs": 1}, "stage2": {"epochs": 1, "schedule": {"warmup_epochs": 0}}, "batch_size": 8},
    "evaluation": {"latency_images": 20, "bootstrap_resamples": 200},
    "explanation": {"images_per_class": 1},
    "model": {"input_size": 64},
}
"""What makes the recipe of a problem small enough for a test; a configuration that is laid over it."""


def check(ended: Ended, wanted: Run, desk: Desk) -> None:
    """Holds what a command did against what is expected of it."""
    assert ended.code in wanted.codes, ended.output[-4000:]
    for words in wanted.says:
        assert words in ended.output, ended.output[-4000:]
    assert Path(desk.folder, wanted.writes).exists()


def walk(desk: Desk, page: str) -> None:
    """Runs every command of a page's table."""
    for command, wanted in WALKS[page].items():
        check(desk.run(command), wanted, desk)


@pytest.fixture
def fresh(tmp_path: Path) -> Desk:
    return Desk.made_in(tmp_path)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk on which the quickstart was trained and registered, with new images beside it."""
    desk = Desk.made_in(tmp_path_factory.mktemp("desk"))
    walk(desk, "docs/how-to/gate.md")
    new = write_phantoms(desk.folder / "images/new", seed=3, patients=4)
    rows = [f"{path.relative_to(new)},{path.parent.name}" for path in sorted(new.rglob("*.png"))]
    (new / "labels.csv").write_text("\n".join(["file,label", *rows]))
    (desk.folder / "xray.png").write_bytes(next(iter(sorted(new.rglob("*.png")))).read_bytes())
    for name in ("predictions", "feedback"):
        (desk.folder / "logs" / name).mkdir(parents=True)
    return desk


def test_own_images_in_ten_minutes(fresh: Desk) -> None:
    make_class_folders(fresh.folder / "images/mine", classes=("glioma", "meningioma"), images=40)
    for name, text in written_files("docs/tutorials/own_dataset.md").items():
        (fresh.folder / name).write_text(text)
    walk(fresh, "docs/tutorials/own_dataset.md")
    assert json.loads((fresh.folder / "summary.json").read_text())["verdict"] in ("INCONCLUSIVE", "FAIL")


def test_a_hospital_without_a_network(fresh: Desk) -> None:
    make_class_folders(fresh.folder / "images/brain", classes=("glioma", "meningioma"), images=40)
    (fresh.folder / "weights").mkdir()
    save_file(timm.create_model("mobilenetv2_100").state_dict(), fresh.folder / "weights/model.safetensors")
    cpu = fresh.folder / "configs/hardware/cpu.yaml"
    cpu.write_text(json.dumps(SHORT))
    fresh.run("export HF_HUB_OFFLINE=1")
    walk(fresh, "docs/tutorials/air_gapped.md")


def test_dicom_folders_are_read(fresh: Desk) -> None:
    tree(fresh.folder / "images/dicom", images=12)
    walk(fresh, "docs/how-to/dicom.md")


def test_the_stack_of_this_machine_is_registered(fresh: Desk) -> None:
    walk(fresh, "docs/tutorials/kubernetes.md")


def test_a_learning_rate_is_measured(fresh: Desk) -> None:
    walk(fresh, "docs/how-to/configure.md")


def test_the_service_answers_logs_and_takes_feedback(used: Desk) -> None:
    serve, ask, judge = WALKS["docs/how-to/service.md"]
    port = free_port()
    bento = json.loads((used.folder / "summary.json").read_text())["bento"]
    command = serve.replace("NAME:VERSION", bento).replace("3000", str(port))
    logs = used.folder / "logs"
    settings = {
        "MEDIMAGE_SERVE_PREDICTION_LOG": str(logs / "predictions"),
        "MEDIMAGE_SERVE_FEEDBACK_LOG": str(logs / "feedback"),
    }
    with running_server(
        ["bash", "-c", f"export {command.split()[0]}; exec {' '.join(command.split()[1:])}"],
        address=f"http://127.0.0.1:{port}",
        ready="/readyz",
        cwd=used.folder,
        environment={**used.environment(), **settings},
        log=used.folder / "served.log",
    ):
        asked = used.run(ask.replace("3000", str(port)))
        check(asked, WALKS["docs/how-to/service.md"][ask], used)
        named = re.search(r'"prediction_id": *"([^"]+)"', asked.output)
        assert named is not None
        judged = used.run(judge.replace("3000", str(port)).replace("PREDICTION_ID", named[1]))
        check(judged, WALKS["docs/how-to/service.md"][judge], used)
    assert list((logs / "predictions").iterdir())
    assert list((logs / "feedback").iterdir())


def test_a_served_model_is_monitored(used: Desk) -> None:
    walk(used, "docs/how-to/monitor.md")


def test_a_schedule_is_made_shown_paused_and_taken_away(used: Desk) -> None:
    once, shown, staying, *about = WALKS["docs/tutorials/schedule.md"]
    runs = WALKS["docs/tutorials/schedule.md"]
    check(used.run(once), runs[once], used)
    check(used.run(shown), runs[shown], used)
    process = used.start(staying)
    try:
        for _ in range(600):
            if "Monday" in (used.folder / "log").read_text() or process.poll() is not None:
                break
            time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0, (used.folder / "log").read_text()
    for words in runs[staying].says:
        assert words in (used.folder / "log").read_text()
    for command in about:
        check(used.run(command), runs[command], used)


def test_a_second_version_is_promoted_and_rolled_back(used: Desk) -> None:
    used.change_quickstart("--seed", "7")
    walk(used, "docs/how-to/gate.md")
    walk(used, "docs/how-to/registry.md")


def test_a_champion_is_trained_again_because_somebody_says_so(used: Desk) -> None:
    # Another recipe than that of each version so far: the same one would give the same model.
    used.change_quickstart("--seed", "8", "--gate.champion.comparison", "require")
    walk(used, "docs/how-to/retrain.md")
