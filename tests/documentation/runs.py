"""Which test runs which of the documentation's commands, and what it then looks at."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is expected of a command.

    Attributes:
        codes: Exit codes that are right.
        says: Words that it prints.
        writes: File that is there afterwards; empty where it writes none.
    """

    codes: tuple[int, ...] = (0,)
    says: tuple[str, ...] = ()
    writes: str = ""


BY_ITSELF: Mapping[str, Run] = {
    ".venv/bin/python -m pipelines.register_stack --help": Run(says=("--stack FILE", "--no-activate")),
    ".venv/bin/medimage evidence keygen --out signing.pem": Run(says=("Public key:",), writes="signing.pem"),
    ".venv/bin/python -m pipelines.train_pipeline --config mine.yaml --print_config": Run(says=("input_size: 96",)),
    ".venv/bin/medimage stats save --config configs/quickstart.yaml --out statistics.json": Run(
        writes="statistics.json"
    ),
    ".venv/bin/medimage stats verify --config configs/quickstart.yaml --saved statistics.json": Run(),
    ".venv/bin/medimage audit --config configs/brain.yaml --data.source folder --data.path images/brain "
    "--data.classes auto --data.labels '{Glioma Tumor: glioma, unclear: null}' "
    "--data.audit.minimum_images_per_class 5 --out audit": Run(says=("left out",), writes="audit/images.csv"),
    ".venv/bin/python -m pipelines.train_pipeline --config configs/quickstart.yaml --schedule @weekly "
    "--install systemd --print": Run(says=("OnCalendar=", '"pipelines.schedules" "run" "train"')),
    ".venv/bin/python -m pipelines.compile_kubeflow train --out train.yaml --stack configs/stacks/kubeflow.yaml "
    "--config configs/quickstart.yaml --gate.champion.comparison off": Run(writes="train.yaml"),
    ".venv/bin/medimage backup workspace.tar --replace": Run(writes="workspace.tar"),
    ".venv/bin/medimage restore workspace.tar --force": Run(),
    ".venv/bin/medimage clean": Run(says=("older than 30d",)),
    ".venv/bin/medimage clean --older-than 30d --delete": Run(),
    "find wheels weights -type f -exec sha256sum {} + > carried.sha256": Run(writes="carried.sha256"),
    "sha256sum --check --quiet carried.sha256": Run(),
    "export HF_HUB_OFFLINE=1": Run(),
    "export MEDIMAGE_ALERT_SLACK=https://hooks.slack.example/services/NAME": Run(),
    "export MEDIMAGE_ALERT_LEVEL=warning": Run(),
}
"""Commands that take seconds, in the order in which one test runs them."""

IN_README_TESTS: Mapping[str, str] = {
    "make demo": "test_make_demo_passes_the_gate_and_prints_what_to_do_next",
    "make setup": "make setup",
    "make dashboard": "test_three_pages_answer_one_that_dies_is_told_and_ctrl_c_ends_all",
    ".venv/bin/python -m pipelines.train_pipeline --config configs/brain.yaml --config configs/hardware/cpu.yaml "
    "--data.source folder --data.path images/brain --data.classes auto --model.name mobilenetv2_100 "
    "--model.weights weights/mobilenetv2_100.safetensors": (
        "test_the_command_for_own_images_trains_on_a_folder_with_a_weights_file"
    ),
    ".venv/bin/medimage doctor": "test_the_doctor_finds_nothing_that_keeps_a_run_from_beginning",
    ".venv/bin/medimage dashboard": "test_the_dashboard_commands_start_and_stop_it",
    ".venv/bin/medimage dashboard --stop": "test_the_dashboard_commands_start_and_stop_it",
    ".venv/bin/medimage predict images/new/scan.png": (
        "test_the_champion_of_the_demo_answers_on_an_image_and_on_a_folder"
    ),
    ".venv/bin/python -m pipelines.inference_pipeline --images images/new --output answers.csv": (
        "test_the_champion_of_the_demo_answers_on_an_image_and_on_a_folder"
    ),
    ".venv/bin/medimage registry list": "test_the_model_of_the_demo_is_listed_and_shown",
    ".venv/bin/medimage registry show quickstart-test_resnet": "test_the_model_of_the_demo_is_listed_and_shown",
    ".venv/bin/medimage evidence verify .medimage/runs/NAME": (
        "test_the_evidence_of_the_demo_holds_and_its_model_is_judged_again"
    ),
    ".venv/bin/python -m pipelines.evaluation_pipeline --config configs/quickstart.yaml --models all --images test": (
        "test_the_evidence_of_the_demo_holds_and_its_model_is_judged_again"
    ),
    ".venv/bin/python -m pipelines.retrain_pipeline --config configs/quickstart.yaml": (
        "test_the_champion_of_the_demo_is_not_due_for_another_training"
    ),
    ".venv/bin/python -m pipelines.retrain_pipeline --config configs/quickstart.yaml --history": (
        "test_the_champion_of_the_demo_is_not_due_for_another_training"
    ),
    ".venv/bin/medimage gpu --once": "test_the_machine_is_shown",
    ".venv/bin/medimage schedule list": "test_the_schedules_are_listed",
    ".venv/bin/python -m pipelines.cross_validation_pipeline --config configs/tumor.yaml --data.path images/tumor": (
        "test_the_command_for_few_images_judges_every_fold"
    ),
    ".venv/bin/python -m pipelines.experiment_pipeline --config configs/experiments/tb_transfer_or_full.yaml "
    "--data.path images/tb": "test_the_command_for_several_models_compares_both_strategies",
    ".venv/bin/medimage audit --config configs/quickstart.yaml --out audit": (
        "test_the_audit_command_writes_one_row_per_file_and_the_stats_command_prints_both_figures"
    ),
    ".venv/bin/medimage stats display --config configs/quickstart.yaml": (
        "test_the_audit_command_writes_one_row_per_file_and_the_stats_command_prints_both_figures"
    ),
    ".venv/bin/python -m pipelines.train_pipeline --help": (
        "test_help_lists_every_key_and_print_config_shows_what_would_run"
    ),
    ".venv/bin/python -m pipelines.train_pipeline --config configs/lung.yaml --config configs/hardware/cpu.yaml "
    "--print_config": "test_help_lists_every_key_and_print_config_shows_what_would_run",
}
"""Commands that a test of `tests/end_to_end` runs, by the test; or, of continuous integration, the line."""

_TRAIN = ".venv/bin/python -m pipelines.train_pipeline"
_MONITOR = ".venv/bin/python -m pipelines.monitor_pipeline --log logs/predictions"

WALKS: Mapping[str, Mapping[str, Run]] = {
    "docs/how-to/dicom.md": {
        ".venv/bin/medimage audit --config configs/tb.yaml --data.source dicom --data.path images/dicom "
        "--data.classes auto --data.audit.minimum_images_per_class 5 --out audit": Run(writes="audit/images.csv"),
    },
    "docs/tutorials/own_dataset.md": {
        ".venv/bin/medimage audit --config mine.yaml --out audit": Run(writes="audit/images.csv"),
        f"{_TRAIN} --config mine.yaml --summary summary.json": Run(
            codes=(0, 3), says=("Medical validation gate:",), writes="summary.json"
        ),
    },
    "docs/tutorials/air_gapped.md": {
        f"{_TRAIN} --config configs/brain.yaml --config configs/hardware/cpu.yaml --data.source folder "
        "--data.path images/brain --data.classes auto --model.name mobilenetv2_100 "
        "--model.weights weights/model.safetensors": Run(codes=(0, 3), says=("Medical validation gate:",)),
    },
    "docs/how-to/configure.md": {
        ".venv/bin/medimage learning-rate --config configs/quickstart.yaml --out learning_rate": Run(
            says=("learning_rate",), writes="learning_rate/learning_rate.png"
        ),
    },
    "docs/how-to/gate.md": {
        f"{_TRAIN} --config configs/quickstart.yaml --summary summary.json": Run(
            says=("Medical validation gate: PASS",), writes="summary.json"
        ),
        ".venv/bin/python -m json.tool summary.json": Run(says=('"verdict": "PASS"',)),
    },
    "docs/how-to/service.md": {
        "BENTOML_HOME=.medimage/bentoml .venv/bin/bentoml serve NAME:VERSION --host 127.0.0.1 --port 3000": Run(),
        "curl --fail --form image=@xray.png http://127.0.0.1:3000/predict": Run(says=('"probabilities"',)),
        "curl --fail --header 'Content-Type: application/json' --data "
        '\'{"prediction_id": "PREDICTION_ID", "agrees": false, "label": "normal"}\' '
        "http://127.0.0.1:3000/feedback": Run(),
    },
    "docs/how-to/monitor.md": {
        f"{_MONITOR} --feedback logs/feedback --last-days 7 --report monitoring.html": Run(
            codes=(4,), writes="monitoring.html"
        ),
        ".venv/bin/python -m pipelines.monitor_pipeline --images images/new --labels images/new/labels.csv "
        "--report monitoring.html": Run(codes=(0, 3, 4), writes="monitoring.html"),
    },
    "docs/how-to/retrain.md": {
        ".venv/bin/python -m pipelines.retrain_pipeline --config configs/quickstart.yaml --force "
        '--by "Dr. Weber" --reason "the new scanner is in use"': Run(codes=(0, 3), says=("a person's order",)),
    },
    "docs/how-to/registry.md": {
        '.venv/bin/medimage registry promote quickstart-test_resnet/2 --reason "better on tuberculosis" '
        '--by "Dr. Weber"': Run(says=("champion",)),
        '.venv/bin/medimage registry rollback quickstart-test_resnet --reason "too many false alarms" '
        '--by "Dr. Weber"': Run(says=("champion",)),
    },
    "docs/tutorials/schedule.md": {
        _MONITOR: Run(codes=(4,)),
        f'{_MONITOR} --schedule "0 3 * * 1" --time-zone Europe/Berlin --install systemd --print': Run(
            says=("Europe/Berlin", '"pipelines.schedules" "run" "monitor"')
        ),
        f'{_MONITOR} --schedule "0 3 * * 1" --time-zone Europe/Berlin': Run(says=("Monday",)),
        ".venv/bin/medimage schedule show monitor": Run(says=("monitor",)),
        ".venv/bin/medimage schedule pause monitor": Run(says=("monitor is paused",)),
        ".venv/bin/medimage schedule resume monitor": Run(says=("monitor goes on",)),
        ".venv/bin/medimage schedule delete monitor": Run(says=("monitor is deleted",)),
    },
    "docs/tutorials/kubernetes.md": {
        ".venv/bin/python -m pipelines.register_stack --stack configs/stacks/local.yaml": Run(
            says=("Runs use the stack",)
        ),
    },
}
"""Commands that build on each other, page by page, in the order in which one proof runs them."""
