from pathlib import Path

import pytest

from medimage.config.candidates import candidate_configs, chosen_config
from medimage.config.loading import load_config
from medimage.config.purpose import experiment_problems
from medimage.models.architectures import architecture_table

CONFIGS = Path(__file__).parents[2] / "configs"
EXPERIMENTS = sorted((CONFIGS / "experiments").glob("*.yaml"))


def load(*names: str):
    return load_config([CONFIGS / f"{name}.yaml" for name in names], check_files=False)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("hardware", [None, "hardware/cpu", "hardware/cloud_gpu"])
def test_every_experiment_compares_candidates_on_the_data_and_split_of_its_problem(experiment, hardware):
    over = [hardware] if hardware else []
    config = load(f"experiments/{experiment.stem}", *over)
    problem = load(experiment.stem.partition("_")[0], *over)
    assert experiment_problems(config) == []
    for section in ("problem", "description", "seed", "data", "split", "shortcuts", "gate", "model", "training"):
        assert getattr(config, section) == getattr(problem, section)


def test_the_tuberculosis_experiment_compares_both_strategies_of_that_system():
    candidates = candidate_configs(load("experiments/tb_transfer_or_full"))
    assert list(candidates) == ["transfer", "full"]
    assert candidates["transfer"].training == load("tb").training
    assert candidates["full"].training == load("tb", "recipes/tb_full").training


def test_the_brain_experiment_compares_all_networks_of_that_system_by_their_own_recipes():
    config = load("experiments/brain_models")
    candidates = candidate_configs(config)
    of_brain = [name for name, row in architecture_table().items() if 4 in dict(row.batch_sizes)]
    assert sorted(candidates) == sorted(of_brain)
    assert all(name == one.model.name for name, one in candidates.items())
    for name in ("swin_t", "medical_cnn", "xception_medical"):
        recipe = load("brain", f"recipes/brain_{name}")
        assert (candidates[name].model, candidates[name].training) == (recipe.model, recipe.training)


def test_the_train_pipeline_trains_the_candidate_that_is_chosen():
    config = load("experiments/tb_transfer_or_full")
    assert chosen_config(config) == config
    experiment = config.experiment.model_copy(update={"candidate": "full"})
    chosen = chosen_config(config.model_copy(update={"experiment": experiment}))
    assert chosen == candidate_configs(config)["full"]
