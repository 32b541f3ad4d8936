from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.config.loading import load_config
from medimage.data.sources.open_source import open_source
from medimage.models.architectures import architecture_table
from tests.support.ham10000 import make_ham10000
from tests.support.images import make_class_folders

CONFIGS = Path(__file__).parents[2] / "configs"
PROBLEMS = sorted(CONFIGS.glob("*.yaml"))
HARDWARE = sorted((CONFIGS / "hardware").glob("*.yaml"))
DELIVERY = sorted((CONFIGS / "delivery").glob("*.yaml"))
RECIPES = sorted((CONFIGS / "recipes").glob("*.yaml"))


def names(path: Path | None) -> str:
    return "alone" if path is None else path.stem


def load(*paths: str):
    return load_config([CONFIGS / f"{path}.yaml" for path in paths], check_files=False)


def test_every_system_has_its_configuration():
    assert {path.stem for path in PROBLEMS} == {"lung", "brain", "tb", "skin", "tumor", "quickstart"}
    assert {path.stem for path in HARDWARE} == {"cpu", "local_gpu", "cloud_gpu"}
    assert {path.stem for path in DELIVERY} == {"int8"}


@pytest.mark.parametrize("problem", PROBLEMS, ids=names)
@pytest.mark.parametrize("hardware", [None, *HARDWARE], ids=names)
def test_every_problem_is_valid_on_every_hardware(problem, hardware):
    config = load_config([problem, *([hardware] if hardware else [])], check_files=False)
    assert config.problem == problem.stem
    assert config.description


@pytest.mark.parametrize("problem", PROBLEMS, ids=names)
@pytest.mark.parametrize("delivery", DELIVERY, ids=names)
def test_every_problem_is_valid_with_every_delivery(problem, delivery):
    assert load_config([problem, delivery], check_files=False).export.reduced_precision.candidates


@pytest.mark.parametrize("recipe", RECIPES, ids=names)
@pytest.mark.parametrize("hardware", [None, *HARDWARE], ids=names)
def test_every_recipe_is_valid_over_its_problem(recipe, hardware):
    problem = CONFIGS / f"{recipe.stem.partition('_')[0]}.yaml"
    assert load_config([problem, recipe, *([hardware] if hardware else [])], check_files=False)


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.stem != "quickstart"], ids=names)
def test_models_and_batch_sizes_of_the_systems_are_in_the_table(problem):
    config = load_config([problem], check_files=False)
    assert config.model.name in architecture_table()
    for hardware in HARDWARE:
        batches = load_config([problem, hardware], check_files=False).training.batch_sizes
        assert set(batches) <= set(architecture_table())


def test_cloud_profile_agrees_with_the_table():
    for name, images in load("lung", "hardware/cloud_gpu").training.batch_sizes.items():
        assert dict(architecture_table()[name].batch_sizes)[32] == images


def test_lung_recipe_is_the_documented_one():
    config = load("lung")
    one, two = config.training.stage1, config.training.stage2
    assert (one.epochs, one.trainable, one.optimizer, one.learning_rate) == (5, "head", "adam", 1e-4)
    assert (one.schedule.name, one.early_stopping) == ("constant", None)
    assert (two.epochs, two.trainable, two.optimizer, two.weight_decay) == (15, "all", "adamw", 0.01)
    assert (two.learning_rate, two.backbone_learning_rate) == (3e-5, 5e-6)
    assert (two.schedule.name, two.schedule.minimum) == ("cosine", 1e-7)
    assert two.early_stopping is not None
    assert (two.early_stopping.monitor, two.early_stopping.patience) == ("validation_loss", 5)
    assert (config.training.label_smoothing, config.model.head) == (0.1, "medical")
    assert config.data.labels["Corona Virus Disease"] == "covid"
    assert config.data.classes == ("viral_pneumonia", "bacterial_pneumonia", "covid", "tuberculosis", "normal")


def test_brain_recipe_is_the_documented_one():
    config = load("brain")
    stage = config.training.stage2
    assert (config.training.stage1.epochs, stage.epochs, stage.optimizer, stage.learning_rate) == (0, 50, "adamw", 1e-3)
    assert stage.early_stopping is not None
    assert stage.early_stopping.model_dump() == {"monitor": "validation_accuracy", "patience": 10, "min_delta": 0.001}
    assert (config.split.train, config.split.validation, config.split.test) == (0.70, 0.15, 0.15)
    assert (config.training.gradient_clip, config.training.precision, config.seed) == (1.0, "fp32", 42)
    assert (config.gate.accuracy, config.gate.sensitivity, config.gate.latency_p95_ms) == (0.85, 0.80, 500)
    assert load("brain", "recipes/brain_xception_medical").training.stage2.optimizer == "adamax"
    assert load("brain", "recipes/brain_medical_cnn").training.strategy == "head_only"


def test_tb_offers_both_strategies_on_the_same_data():
    transfer, full = load("tb"), load("tb", "recipes/tb_full")
    assert transfer.data == full.data
    assert transfer.split == full.split
    assert (transfer.training.strategy, transfer.training.stage1.learning_rate) == ("head_only", 1e-3)
    assert (transfer.training.batch_size, full.training.batch_size) == (32, 16)
    stage = full.training.stage2
    assert (full.training.strategy, stage.epochs, stage.optimizer) == ("full", 30, "adam")
    assert (stage.learning_rate, stage.backbone_learning_rate, stage.schedule.name) == (1e-4, 1e-5, "plateau")
    assert full.training.augmentation.random_resized_crop == (0.8, 1.0)
    assert transfer.registry.experiment == "ResNet50_TB_FineTuning"
    assert full.registry.experiment == "ResNet50_TB_FullTraining"


def test_skin_recipe_is_the_documented_one():
    config = load("skin")
    assert config.data.classes == ("AKIEC", "BCC", "BKL", "DF", "MEL", "NV", "VASC")
    assert (config.data.color_mode, config.model.head, config.training.class_weights) == ("rgb", "dense", "auto")
    one, two = config.training.stage1, config.training.stage2
    assert (one.epochs, one.learning_rate, two.epochs, two.learning_rate) == (15, 1e-4, 30, 1e-5)
    assert (config.split.validation, config.training.batch_size, config.training.augmentation.rotation) == (0.2, 32, 40)
    assert (config.data.layout_found, config.data.table.label_column) == ("table", "dx")
    assert (config.data.table.image_column, config.data.table.group_column) == ("image_id", "lesion_id")


def test_tumor_recipe_is_the_documented_one():
    config = load("tumor")
    stage = config.training.stage2
    assert (config.split.folds, config.split.test_fold, config.model.normalization) == (5, 0, "pretrained")
    assert (stage.learning_rate, stage.backbone_learning_rate, stage.epochs) == (1e-4, 1e-5, 50)
    schedule = stage.schedule
    assert (schedule.name, schedule.first_restart, schedule.restart_factor) == ("warm_restarts", 5, 2)
    assert schedule.minimum == 1e-6
    assert stage.early_stopping is not None
    assert (stage.early_stopping.patience, stage.early_stopping.monitor) == (7, "validation_accuracy")


@pytest.mark.parametrize("problem", PROBLEMS, ids=names)
def test_cpu_profile_keeps_the_shape_of_the_recipe(problem):
    recipe, small = (
        load_config(paths, check_files=False) for paths in ([problem], [problem, CONFIGS / "hardware/cpu.yaml"])
    )
    assert (small.model.input_size, small.training.batch_size) == (160, 32)
    assert (small.training.stage1.epochs, small.training.stage2.epochs) == (3, 10)
    for kept in ("strategy", "label_smoothing", "class_weights", "augmentation", "gradient_clip"):
        assert getattr(small.training, kept) == getattr(recipe.training, kept)
    assert small.model.head == recipe.model.head
    assert (small.data, small.split, small.gate) == (recipe.data, recipe.split, recipe.gate)


@pytest.mark.parametrize(
    ("changes", "classes"),
    [
        ({}, ["glioma", "meningioma", "pituitary"]),
        ({"classes": "auto"}, ["glioma", "meningioma", "notumor", "pituitary"]),
    ],
)
def test_brain_runs_on_three_classes_of_the_public_set_or_on_all(tmp_path, changes, classes):
    data = load("brain").data.model_dump()
    folders = make_class_folders(tmp_path / "data", classes=("glioma_tumor", "meningioma", "notumor", "pituitary"))
    data |= {"source": "folder", "path": folders, **changes}
    source = open_source(DataConfig.model_validate(data), cache=tmp_path)
    assert sorted({record.label for record in source.records()}) == classes


def test_skin_reads_the_table_and_one_copy_of_the_images_as_they_are_on_kaggle(tmp_path):
    config = load("skin").data
    root = make_ham10000(tmp_path)
    source = open_source(config.model_copy(update={"source": "table", "path": root}), cache=tmp_path)
    assert source.classes == ("AKIEC", "BCC", "BKL", "DF", "MEL", "NV", "VASC")
    records = list(source.records())
    assert {record.label for record in records} == set(source.classes)
    assert {record.name.split("/")[0] for record in records} == {"HAM10000_images_part_1", "HAM10000_images_part_2"}
    assert (len(records), len({record.group for record in records})) == (28, 14)
    assert source.files_found == 62 == len(records) + len(source.skipped_files)
