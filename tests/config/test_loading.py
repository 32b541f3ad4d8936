import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.data import DataConfig
from medimage.config.loading import RunArguments, config_hash, config_to_yaml, load_config
from medimage.config.run import RunConfig
from medimage.config.schema import config_schema
from tests.support.configuration import parse, problems, write


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


def test_an_empty_mapping_takes_back_what_files_before_gave_and_an_empty_section_does_not(base, tmp_path):
    first = write(
        tmp_path, "training: {batch_sizes: {a: 4}, stage2: {epochs: 3}}\nmodel: {options: {a: {b: 1}}}\n", "1.yaml"
    )
    second = write(tmp_path, "training: {batch_sizes: {}, stage2: {}}\n", "2.yaml")
    config = parse("--config", base, "--config", first, "--config", second, "--model.options", "{}").config
    assert (config.training.batch_sizes, config.model.options) == ({}, {})
    assert config.training.stage2.epochs == 3
    assert parse("--config", base, "--config", second, "--config", first).config.training.batch_sizes == {"a": 4}
    assert parse("--config", base, "--config", first, "--model.options.c", "2").config.model.options == {
        "a": {"b": 1},
        "c": 2,
    }


def test_what_a_candidate_changes_is_set_on_the_command_line_as_in_a_file(base, tmp_path):
    place = "--experiment.candidates"
    line = (f"{place}.a.model.name", "resnet18", f"{place}.b.training.stage2.learning_rate", "1", f"{place}.c", "{}")
    changes = "{a: {model: {name: resnet18}}, b: {training: {stage2: {learning_rate: 1}}}, c: {}}"
    file = write(tmp_path, f"experiment: {{candidates: {changes}}}\n")
    found = parse("--config", base, *line).config
    assert found == parse("--config", base, "--config", file).config
    assert list(found.experiment.candidates) == ["a", "b", "c"]


def test_a_whole_number_is_a_number_also_where_a_word_may_stand(base):
    assert parse("--config", base, "--training.stage2.learning_rate", "1").config.training.stage2.learning_rate == 1.0


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
        "Takes 'auto' or a list with 2 or more entries of text",
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
