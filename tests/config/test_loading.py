import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.data import DataConfig
from medimage.config.loading import RunArguments, config_hash, config_to_yaml, load_config, parse_run_arguments
from medimage.config.run import RunConfig
from medimage.config.schema import config_schema
from medimage.errors import ConfigurationError


def parse(*arguments: str | Path) -> RunArguments:
    return parse_run_arguments([str(a) for a in arguments], program="python -m pipelines.x", description="Trains.")


def problems(*arguments: str | Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(*arguments)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text("problem: phantoms\ndata:\n  source: synthetic\n")
    return path


def write(folder: Path, text: str, name: str = "more.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_file_alone_gives_the_defaults_for_the_rest(base):
    arguments = parse("--config", base)
    assert arguments == RunArguments(
        config=RunConfig(problem="phantoms", data=DataConfig(source="synthetic")), use_cache=True, summary=None
    )


def test_setting_one_key_of_a_section_keeps_the_defaults_of_its_neighbours(base):
    stage = parse("--config", base, "--training.stage2.epochs", "3").config.training.stage2
    default = RunConfig(data=DataConfig(source="synthetic")).training.stage2
    assert stage == default.model_copy(update={"epochs": 3})
    assert stage.schedule.name == "cosine"


def test_later_files_win_and_mappings_merge(base, tmp_path):
    first = write(tmp_path, "training: {batch_sizes: {a: 4, b: 8}}\ndata: {ignored_labels: [x, y]}\n", "1.yaml")
    second = write(tmp_path, "training: {batch_sizes: {b: 16}}\ndata: {ignored_labels: [z]}\n", "2.yaml")
    config = parse("--config", base, "--config", first, "--config", second).config
    assert config.training.batch_sizes == {"a": 4, "b": 16}
    assert config.data.ignored_labels == ("z",)


def test_the_command_line_wins_wherever_it_stands(base, tmp_path):
    other = write(tmp_path, "seed: 1\n")
    assert parse("--seed", "7", "--config", base, "--config", other).config.seed == 7
    assert parse("--config", base, "--config", other, "--seed=7").config.seed == 7


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("data.classes", "auto", "auto"),
        ("data.classes", "[a, b]", ("a", "b")),
        ("data.classes", "[no, off]", ("no", "off")),
        ("data.labels", "{Corona Virus Disease: covid}", {"Corona Virus Disease": "covid"}),
        ("data.labels.Corona Virus Disease", "covid", {"Corona Virus Disease": "covid"}),
        ("data.path", "2024", Path("2024")),
        ("data.path", "a: b", Path("a: b")),
        ("data.path", "[x", Path("[x")),
        ("data.manifest", "none", "none"),
        ("description", "Lungs: five classes # all of them", "Lungs: five classes # all of them"),
        ("description", "", ""),
        ("training.augmentation.scale", "[0.8, 1.2]", (0.8, 1.2)),
        ("training.augmentation.random_resized_crop", "null", None),
        ("training.stage1.trainable", "3", 3),
        ("training.stage1.learning_rate", "1e-4", 1e-4),
        ("training.stage2.early_stopping", "null", None),
        ("training.stage1.early_stopping.patience", "2", 2),
        ("training.batch_sizes.resnet18.a1_in1k", "8", {"resnet18.a1_in1k": 8}),
        ("model.weights", "null", None),
        ("model.options", "{drop_path_rate: 0.1}", {"drop_path_rate": 0.1}),
        ("tracking.tensorboard", "true", True),
    ],
)
@pytest.mark.parametrize("with_equals", [False, True])
def test_any_yaml_value_overrides_its_key(base, key, text, value, with_equals):
    words = [f"--{key}={text}"] if with_equals else [f"--{key}", text]
    found = parse("--config", base, *words).config
    for part in config_schema().split_key(key):
        if isinstance(found, dict):
            break
        found = getattr(found, str(part))
    assert found == value
    assert type(found) is type(value)


def test_flags_are_told_apart_from_settings(base, tmp_path):
    summary = tmp_path / "outcome.json"
    arguments = parse("--no-cache", "--config", base, "--summary", summary)
    assert (arguments.use_cache, arguments.summary) == (False, summary)
    assert not summary.exists()


BAD_SETTINGS = {
    "unknown key at the top": ("modell: {}", ["modell", "did you mean model?", "line 1"]),
    "unknown key inside": ("data:\n  clases: auto", ["data.clases", "data.classes", "more.yaml, line 2"]),
    "unknown key deep inside": (
        "training: {stage2: {early_stopping: {patiense: 3}}}",
        ["training.stage2.early_stopping.patiense", "did you mean training.stage2.early_stopping.patience?"],
    ),
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
    "form of a name": ("problem: My Problem", ["problem", "of the form", "'My Problem'"]),
    "form of a dataset": ("data: {kaggle: {dataset: lungs}}", ["data.kaggle.dataset", "'lungs'"]),
    "shares": ("split: {train: 0.9}", ["split", "add up to 1", "1.2000", "more.yaml"]),
    "fold": ("split: {folds: 5, test_fold: 5}", ["split", "test_fold", "5"]),
    "fold of none": ("split: {test_fold: 2}", ["split", "test_fold is 2", "split.folds"]),
    "no folder": ("data: {source: folder}", ["data.path", "folder"]),
    "no dataset": ("data: {source: kaggle}", ["data.kaggle.dataset", "owner/name"]),
    "one class": ("data: {classes: [a]}", ["at least two", "['a']"]),
    "class twice": ("data: {classes: [tumor, Tumor]}", ["twice"]),
    "class ignored": ("data: {classes: [a, no tumor], ignored_labels: [notumor]}", ["no tumor", "ignored_labels"]),
    "label of no class": ("data: {classes: [a, b], labels: {x: c}}", ["['c']", "labels"]),
    "label twice": ("data: {labels: {x y: a, x_y: b}}", ["labels", "x_y"]),
    "weights of other classes": (
        "data: {classes: [a, b]}\ntraining: {class_weights: {a: 1}}",
        ["class_weights", "['a', 'b']", "['a']"],
    ),
    "nothing trained": ("training: {strategy: full, stage2: {epochs: 0}}", ["full", "0 epochs"]),
    "rising schedule": (
        "training: {stage1: {learning_rate: 1e-6, schedule: {name: cosine, minimum: 1e-5}}}",
        ["training.stage1", "schedule.minimum", "1e-05"],
    ),
    "reserved option": ("model: {options: {num_classes: 3}}", ["options", "num_classes"]),
    "weights absent": ("model: {weights: absent.safetensors}", ["model.weights", "absent.safetensors", "line 1"]),
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


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "windows.yaml"
    path.write_bytes("\ufeffdata: {source: synthetic}\r\nseed: 5\r\n".encode())
    assert parse("--config", path).config.seed == 5


def test_paths_count_from_the_current_folder(base, tmp_path, monkeypatch):
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path)
    words = ["--config", base, "--data.source", "folder", "--data.path", "images"]
    assert parse(*words).config.data.path == Path("images")
    monkeypatch.chdir(tmp_path / "images")
    assert str(tmp_path / "images" / "images") in problems(*words)


def test_path_of_a_source_that_is_not_used_need_not_exist(base):
    assert parse("--config", base, "--data.path", "absent").config.data.path == Path("absent")


def test_help_tells_every_key_with_its_meaning_and_default(capsys):
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    text = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    assert "python -m pipelines.x" in text
    assert "Trains." in text
    for setting in config_schema().settings():
        assert setting.description, f"{setting.key} has no docstring"
        assert " ".join(setting.description.split()) in text
        assert f"{setting.key}: " in text if setting.is_section else f"--{setting.key} (default: " in text
    for shown in [
        "--training.stage2.epochs (default: 15)",
        "--training.stage1.epochs (default: 5)",
        "--data.path (default: null)",
        "--training.stage2.schedule.name (default: cosine)",
        "--training.stage1.early_stopping.patience (default: 5)",
        "Takes 'auto' or a list of text",
        "--print_config",
        "--no-cache",
    ]:
        assert shown in text


def test_help_needs_no_valid_configuration(capsys):
    for words in (["-h"], ["--config", "absent.yaml", "--help"], ["--nonsense", "--help"]):
        with pytest.raises(SystemExit) as caught:
            parse(*words)
        assert caught.value.code == 0
    assert "usage" in capsys.readouterr().out


def test_printed_configuration_is_what_would_run(base, tmp_path, capsys):
    words = ["--config", base, "--data.classes", "[no, yes]", "--training.stage2.early_stopping", "null"]
    expected = parse(*words).config
    with pytest.raises(SystemExit) as caught:
        parse(*words, "--print_config")
    assert caught.value.code == 0
    printed = write(tmp_path, capsys.readouterr().out, "printed.yaml")
    assert parse("--config", printed).config == expected


def test_a_wrong_configuration_is_not_printed(base, capsys):
    assert "seed" in problems("--config", base, "--seed", "x", "--print_config")
    assert capsys.readouterr().out == ""


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["no", "1e-4", "010", "null", "~", "[a]", "a: b", "auto", "\x85", "a\u2028b", "a\n b\n"]
)
configurations = st.fixed_dictionaries(
    {"data": st.fixed_dictionaries({"source": st.just("synthetic"), "labels": st.dictionaries(words, st.just("a"))})},
    optional={
        "description": words,
        "seed": st.integers(0, 2**32 - 1),
        "model": st.fixed_dictionaries(
            {}, optional={"name": words, "options": st.dictionaries(words, words | st.floats(-1e9, 1e9) | st.none())}
        ),
        "training": st.fixed_dictionaries(
            {},
            optional={
                "label_smoothing": st.floats(0, 0.99),
                "batch_sizes": st.dictionaries(words, st.integers(2, 512)),
                "gradient_clip": st.none() | st.floats(1e-300, 1e300),
            },
        ),
    },
)


@settings(deadline=None)
@given(configurations)
def test_any_configuration_survives_being_printed_and_read(tmp_path_factory, values):
    values["model"] = {
        **values.get("model", {}),
        "options": {
            key: value for key, value in values.get("model", {}).get("options", {}).items() if key != "num_classes"
        },
    }
    config = RunConfig.model_validate_json(json.dumps(values), strict=True)
    path = tmp_path_factory.mktemp("printed") / "config.yaml"
    path.write_text(config_to_yaml(config), encoding="utf-8")
    again = load_config([path])
    assert again == config
    assert config_hash(again) == config_hash(config)


def test_hash_depends_on_values_alone(base, tmp_path):
    written_out = write(tmp_path, "gate: {accuracy: 0.85, latency_p95_ms: 500}\nseed: 42\n")
    plain = parse("--config", base).config
    assert config_hash(parse("--config", base, "--config", written_out).config) == config_hash(plain)
    assert config_hash(parse("--config", base, "--seed", "43").config) != config_hash(plain)
    assert len(config_hash(plain)) == 64


def test_hash_ignores_the_order_of_names(base):
    one = parse("--config", base, "--data.labels", "{a: x, b: y}").config
    other = parse("--config", base, "--data.labels", "{b: y, a: x}").config
    assert config_hash(one) == config_hash(other)


def test_not_a_number_is_never_hashed():
    config = RunConfig(data=DataConfig(source="synthetic"))
    broken = config.model_copy(update={"gate": config.gate.model_copy(update={"accuracy": math.nan})})
    with pytest.raises(ValueError, match="JSON"):
        config_hash(broken)


def test_loading_imports_neither_torch_nor_zenml():
    code = (
        "import sys, medimage.config.loading\n"
        "print([m for m in ('torch', 'timm', 'zenml', 'mlflow', 'bentoml', 'pandas', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_warm_up_as_long_as_its_stage_is_refused_before_anything_runs():
    with pytest.raises(ConfigurationError, match=r"warmup_epochs \(1\) must be below epochs \(1\)"):
        parse_run_arguments(
            ["--config", "configs/quickstart.yaml", "--training.stage2.epochs", "1"], program="p", description="d"
        )
