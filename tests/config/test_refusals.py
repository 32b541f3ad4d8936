"""What is refused, and how it is told."""

import os

import pytest

from medimage.config.loading import parse_run_arguments
from tests.support.configuration import problems, write

BAD_SETTINGS = {
    "unknown key at the top": ("modell: {}", ["modell", "did you mean model?", "line 1"]),
    "unknown key inside": ("data:\n  clases: auto", ["data.clases", "data.classes", "more.yaml, line 2"]),
    "unknown key deep inside": (
        "training: {stage2: {early_stopping: {patiense: 3}}}",
        ["training.stage2.early_stopping.patiense", "did you mean training.stage2.early_stopping.patience?"],
    ),
    "key with dots": ("data.source: folder", ["data.source", "write source indented below data", "line 1"]),
    "key in the wrong place": ("epochs: 3", ["training.stage1.epochs or training.stage2.epochs"]),
    "text for a number": ("training: {stage2: {epochs: three}}", ["training.stage2.epochs", "whole number", "'three'"]),
    "quoted number": ("seed: '3'", ["seed", "whole number", "'3'"]),
    "fraction for a whole number": ("seed: 3.5", ["seed", "whole number", "3.5"]),
    "boolean for a number": ("training: {stage1: {epochs: true}}", ["stage1.epochs", "whole number", "true"]),
    "yes for true": ("model: {pretrained: yes}", ["model.pretrained", "true or false", "'yes'", "write true"]),
    "off for false": ("model: {pretrained: off}", ["model.pretrained", "write false"]),
    "number for text": ("description: 5", ["description", "text", "5", "quotes"]),
    "boolean for a class": ("data: {classes: [a, true]}", ["data.classes[1]", "true", "quotes"]),
    "list for a mapping": ("data: {labels: [a]}", ["data.labels", "mapping", "['a']"]),
    "scalar for a section": ("training: 5", ["training", "mapping", "5"]),
    "null for a section": ("split: null", ["split", "mapping", "null"]),
    "below the range": ("gate: {accuracy: -0.1}", ["gate.accuracy", "at least 0 and at most 1", "-0.1"]),
    "above the range": ("seed: 4294967296", ["seed", "below 4,294,967,296"]),
    "huge": ("training: {stage1: {epochs: 99999999999999999999999}}", ["training.stage1.epochs", "10,000"]),
    "range without the quartiles": (
        "data: {audit: {expectations: {intensity_share: 0.3}}}",
        ["data.audit.expectations.intensity_share", "at least 0.5 and at most 1", "0.3"],
    ),
    "formats without the one that is served": ("export: {formats: [torchscript]}", ["export", "must name onnx"]),
    "a format twice": ("export: {formats: [onnx, onnx]}", ["export", "each format once"]),
    "infinite": ("training: {stage1: {learning_rate: .inf}}", ["training.stage1.learning_rate", "got inf"]),
    "overflowing": ("training: {stage1: {learning_rate: 1e999}}", ["training.stage1.learning_rate", "got inf"]),
    "not a number": ("gate: {auroc: .nan}", ["gate.auroc", "got nan"]),
    "infinite option": ("model: {options: {a: .inf}}", ["model", "options", "inf"]),
    "wrong word": (
        "model: {head: medcal}",
        ["model.head", "'linear', 'medical' or 'dense'", "did you mean 'medical'?"],
    ),
    "wrong word of a union": ("training: {class_weights: atuo}", ["training.class_weights", "did you mean 'auto'?"]),
    "both sides of a union": ("training: {stage1: {trainable: 0}}", ["'head', 'all' or a whole number at least 1"]),
    "inside a union": ("training: {class_weights: {a: -1}}", ["training.class_weights.a", "above 0", "-1"]),
    "list written as text": ("data: {classes: 'a,b'}", ["data.classes", "a list is written [a,b]"]),
    "list too short": ("training: {augmentation: {scale: [1]}}", ["training.augmentation.scale", "2 values", "[1]"]),
    "list too long": ("training: {augmentation: {scale: [1, 2, 3]}}", ["training.augmentation.scale", "2 values"]),
    "range upside down": ("training: {augmentation: {scale: [2, 1]}}", ["training.augmentation", "smallest, largest"]),
    "form of a name": ("problem: My Problem", ["problem", "a name of small letters", "'My Problem'"]),
    "form of a candidate's name": (
        "experiment: {candidates: {A b: {model: {name: resnet18}}}}",
        ["experiment.candidates.A b: expected a name of small letters", "line 1"],
    ),
    "no mapping under a candidate": (
        "experiment: {candidates: {a: 3}}",
        ["experiment.candidates.a: expected a mapping but got 3", "line 1"],
    ),
    "unknown key of a candidate": (
        "experiment: {candidates: {a: {model: {nmae: x}}, b: {}}}",
        ["experiment.candidates.a.model.nmae: there is no such key; did you mean model.name?", "line 1"],
    ),
    "wrong value of a candidate": (
        "experiment: {candidates: {a: {training: {stage2: {epochs: x}}}, b: {}}}",
        ["experiment.candidates.a.training.stage2.epochs: expected a whole number", "'x'", "line 1"],
    ),
    "name that looks like a mark": ("data: {labels: {'[key]': 3}}", ["data.labels.[key]: expected text", "got 3"]),
    "form of a dataset": ("data: {kaggle: {dataset: lungs}}", ["data.kaggle.dataset", "as `owner/name`", "'lungs'"]),
    "shares": ("split: {train: 0.9}", ["split", "add up to 1", "1.2000", "more.yaml"]),
    "fold": ("split: {folds: 5, test_fold: 5}", ["split", "test_fold", "5"]),
    "fold of none": ("split: {test_fold: 2}", ["split", "test_fold is 2", "split.folds"]),
    "no folder": ("data: {source: folder}", ["data.path", "folder"]),
    "no dataset": ("data: {source: kaggle}", ["data.kaggle.dataset", "owner/name"]),
    "one class": ("data: {classes: [a]}", ["data.classes", "2 or more", "['a']", "line 1"]),
    "class twice": ("data: {classes: [tumor, Tumor]}", ["twice"]),
    "class ignored": ("data: {classes: [a, no tumor], ignored_labels: [notumor]}", ["no tumor", "ignored_labels"]),
    "label of no class": ("data: {classes: [a, b], labels: {x: c}}", ["['c']", "labels"]),
    "label twice": ("data: {labels: {x y: a, x_y: b}}", ["labels", "x_y"]),
    "weights of other classes": (
        "data: {classes: [a, b]}\ntraining: {class_weights: {a: 1}}",
        ["class_weights", "['a', 'b']", "['a']"],
    ),
    "evened out twice": (
        "training: {sampling: balanced, class_weights: auto}",
        ["training", "sampling: balanced", "class_weights", "count twice"],
    ),
    "mixing of nothing": ("training: {mixing: {probability: 0.5}}", ["training.mixing", "mixes nothing", "cutmix"]),
    "views of what is trained": (
        "training: {stage2: {feature_views: 3}}",
        ["training.stage2", "feature_views is 3", "'all'", "head"],
    ),
    "frozen norms of a fresh network": (
        "model: {pretrained: false}\ntraining: {stage2: {batch_norm: frozen}}",
        ["training.stage2.batch_norm is frozen", "the network is fresh", "train it"],
    ),
    "frozen norms of a network of which a part alone was trained": (
        "model: {pretrained: false}\ntraining: {stage1: {trainable: 1}, stage2: {batch_norm: frozen}}",
        ["training.stage2.batch_norm is frozen", "not all of its BatchNorm has learnt"],
    ),
    "nothing trained": ("training: {strategy: full, stage2: {epochs: 0}}", ["full", "0 epochs"]),
    "rising schedule": (
        "training: {stage1: {learning_rate: 1e-6, schedule: {name: cosine, minimum: 1e-5}}}",
        ["training.stage1", "schedule.minimum", "1e-05"],
    ),
    "reserved option": ("model: {options: {num_classes: 3}}", ["options", "num_classes"]),
    "weights absent": ("model: {weights: absent.safetensors}", ["model.weights", "absent.safetensors", "line 1"]),
    "prevalence above one": (
        "evaluation: {prevalence: {a: 0.6, b: 0.6}}",
        ["evaluation", "prevalence", "add up to", "1.2"],
    ),
    "prevalence of no class": (
        "data: {classes: [a, b]}\nevaluation: {prevalence: {c: 0.1}}",
        ["evaluation.prevalence", "['c']", "['a', 'b']"],
    ),
    "prevalence that is none": ("evaluation: {prevalence: {a: 0}}", ["evaluation.prevalence.a", "above 0", "0"]),
    "sensitivity of a guess": ("evaluation: {decision: {target_sensitivity: 0.2}}", ["target_sensitivity", "0.5"]),
    "folder absent": ("data: {source: folder, path: absent}", ["data.path", "absent", "line 1"]),
    "folder without a name": ("data: {source: folder, path: ''}", ["data.path", "empty name"]),
    "manifest absent": ("data: {source: folder, path: ., manifest: absent.csv}", ["data.manifest", "absent.csv"]),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_bad_setting_is_told_with_key_value_place_and_guess(base, tmp_path, case):
    text, parts = BAD_SETTINGS[case]
    message = problems("--config", base, "--config", write(tmp_path, text))
    for part in parts:
        assert part in message, message
    assert "\n" not in message, "one problem is one line"


BAD_COMMAND_LINES = {
    "unknown option": (["--no_cache"], ["--no_cache", "did you mean --no-cache?"]),
    "unknown key": (["--data.clases", "auto"], ["--data.clases", "--data.classes"]),
    "unknown key with equals": (["--data.clases=auto"], ["--data.clases", "--data.classes"]),
    "key in the wrong place": (["--epochs", "3"], ["--training.stage1.epochs or --training.stage2.epochs"]),
    "no value at the end": (["--seed"], ["--seed", "needs a value"]),
    "no value before an option": (["--seed", "--no-cache"], ["--seed", "needs a value"]),
    "nothing after equals": (["--seed="], ["--seed", "needs a value"]),
    "value for a switch": (["--no-cache=1"], ["--no-cache", "no value"]),
    "forgotten --config": (["configs/hardware/cpu.yaml"], ["did you mean --config configs/hardware/cpu.yaml?"]),
    "stray word": (["data.path=x"], ["'data.path=x'", "stands alone"]),
    "value that is not YAML": (["--data", "[1"], ["--data", "'[1'", "not YAML"]),
    "duplicate key in a value": (["--data.synthetic", "{seed: 1, seed: 2}"], ["--data.synthetic", "second time"]),
    "wrong type": (["--seed", "x"], ["seed", "'x'", "command line"]),
    "negative": (["--seed", "-1"], ["seed", "at least 0", "-1"]),
    "negative exponent": (["--gate.accuracy", "-1e-4"], ["gate.accuracy", "-0.0001"]),
    "bytes that are no text": (["--description", "\udcff"], ["UTF-8", "udcff"]),
    "summary in no folder": (["--summary", "absent/x.json"], ["--summary", "no folder", "absent"]),
    "summary is a folder": (["--summary", "."], ["--summary", "is a folder"]),
    "summary is a device": (["--summary", "/dev/null"], ["--summary", "/dev/null is a device, a pipe or a socket"]),
    "weights absent": (["--model.weights", "absent.safetensors"], ["model.weights", "command line"]),
}


@pytest.mark.parametrize("case", BAD_COMMAND_LINES)
def test_bad_command_line_is_told(base, case):
    words, parts = BAD_COMMAND_LINES[case]
    message = problems("--config", base, *words)
    for part in parts:
        assert part in message, message
    assert "\n" not in message


BAD_FILES = {
    "empty": (b"", ["empty"]),
    "comment": (b"# nothing\n", ["empty"]),
    "list": (b"- a\n", ["key: value", "['a']"]),
    "text": (b"hello", ["key: value", "'hello'"]),
    "not UTF-8": (b"problem: \xff", ["UTF-8"]),
    "UTF-16": ("problem: x".encode("utf-16"), ["UTF-8"]),
    "duplicate": (b"seed: 1\nseed: 2\n", ["line 2", "seed"]),
    "tab": (b"data:\n\tsource: synthetic\n", ["line 2", "tabs"]),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0", ["UTF-8"]),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_is_told_by_name(tmp_path, case):
    content, parts = BAD_FILES[case]
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    message = problems("--config", path)
    for part in ["bad.yaml", *parts]:
        assert part in message, message
    assert "\n" not in message


def test_missing_file_names_the_path_tried_and_its_neighbour(tmp_path, base):
    message = problems("--config", tmp_path / "bse.yaml")
    assert f"no file {tmp_path / 'bse.yaml'}" in message
    assert f"did you mean {base}?" in message


def test_folder_for_a_file_is_refused(tmp_path):
    assert f"{tmp_path} is a folder" in problems("--config", tmp_path)


def test_no_configuration_at_all_is_refused():
    assert "--config" in problems()
    assert "needs a value" in problems("--config")


def test_all_problems_are_told_at_once(base, tmp_path):
    more = write(tmp_path, "seed: x\ndata: {clases: auto}\ngate: {accuracy: 2}\n")
    message = problems(
        "--config", base, "--config", more, "--sed", "1", "--split.train", "0.9", "--model.weights", "no"
    )
    assert "has 6 problems" in message
    keys = [line.removeprefix("  - ").split(":")[0] for line in message.splitlines()[1:]]
    assert sorted(keys) == ["--sed", "data.clases", "gate.accuracy", "model.weights", "seed", "split"]


def test_a_warm_up_as_long_as_its_stage_is_refused_before_anything_runs():
    message = problems("--config", "configs/quickstart.yaml", "--training.stage2.epochs", "1")
    assert "warmup_epochs (1) must be below epochs (1)" in message


def test_summary_of_an_earlier_run_does_not_outlive_a_refused_one(tmp_path, base):
    summary = tmp_path / "summary.json"
    summary.write_text('{"run_id": "1", "verdict": "PASS"}', encoding="utf-8")
    problems("--config", base, "--summary", summary, "--seed", "-1")
    assert not summary.exists()


def test_summary_that_a_link_leads_to_does_not_outlive_a_refused_run_either(tmp_path, base):
    summary, link = tmp_path / "summary.json", tmp_path / "latest.json"
    summary.write_text('{"run_id": "1", "verdict": "PASS"}', encoding="utf-8")
    link.symlink_to(summary)
    problems("--config", base, "--summary", link, "--seed", "-1")
    assert not summary.exists()


@pytest.mark.parametrize("content", [b"notes", b"\xff\xfe", b"[1, 2]", b'{"verdict": "PASS"}', b"[" * 100_000])
def test_file_that_is_no_summary_is_neither_removed_nor_overwritten(tmp_path, base, content):
    notes = tmp_path / "notes.txt"
    notes.write_bytes(content)
    for wrong in (["--seed", "-1"], []):
        message = problems("--config", base, "--summary", notes, *wrong)
        assert f"--summary: {notes} is there and holds something else than the summary of an earlier run" in message
        assert notes.read_bytes() == content


def test_configuration_is_not_taken_for_the_summary(tmp_path, base):
    config = write(tmp_path, "seed: 3")
    before = config.read_bytes()
    assert "--summary" in problems("--config", base, "--config", config, "--summary", config)
    assert config.read_bytes() == before


def test_empty_file_may_become_the_summary(tmp_path, base):
    empty = tmp_path / "made by mktemp"
    empty.touch()
    arguments = ["--config", str(base), "--summary", str(empty)]
    assert parse_run_arguments(arguments, program="pipeline", description="").summary == empty


def test_refused_run_leaves_a_pipe_that_was_given_as_its_summary(tmp_path, base):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    message = problems("--config", base, "--summary", pipe, "--seed", "-1")
    assert f"{pipe} is a device, a pipe or a socket" in message
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    "text",
    [
        "model: {pretrained: true}\ntraining: {stage2: {batch_norm: frozen}}",
        "model: {pretrained: false, weights: README.md}\ntraining: {stage2: {batch_norm: frozen}}",
        "model: {pretrained: false}\ntraining: {stage1: {trainable: all}, stage2: {batch_norm: frozen}}",
        "model: {pretrained: false}\ntraining: {strategy: head_only, stage2: {batch_norm: frozen}}",
    ],
)
def test_batch_norm_may_be_frozen_where_it_has_learnt_something_or_nothing_around_it_is_trained(base, tmp_path, text):
    run = parse_run_arguments(
        ["--config", str(base), "--config", str(write(tmp_path, text))], program="pipeline", description=""
    )
    assert run.config.training.stage2.batch_norm == "frozen"
