import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.data import DataConfig
from medimage.config.model import ModelConfig
from medimage.config.run import RunConfig
from medimage.config.training import TrainingConfig
from medimage.models.architectures import Architecture, architecture_table
from medimage.models.batch_size import resolve_batch_size

NETWORK = Architecture(name="net", timm_name="net", input_size=64, batch_sizes=((8, 16), (32, 256)))
UNKNOWN = Architecture(name="net", timm_name="net", input_size=64)


def config(*, by_model: int | None = None, data: int | None = None, training: int | None = None) -> RunConfig:
    return RunConfig(
        data=DataConfig(source="synthetic", batch_size=data),
        model=ModelConfig(name="net"),
        training=TrainingConfig(
            batch_size=training, batch_sizes={"other": 99} | ({"net": by_model} if by_model else {})
        ),
    )


def test_batch_size_is_looked_up_from_the_most_to_the_least_specific():
    assert resolve_batch_size(config(by_model=2, data=3, training=4), NETWORK) == 2
    assert resolve_batch_size(config(data=3, training=4), NETWORK) == 3
    assert resolve_batch_size(config(training=4), NETWORK) == 4
    assert resolve_batch_size(config(), NETWORK) == 16
    assert resolve_batch_size(config(), UNKNOWN) == 32


@pytest.mark.parametrize(
    ("memory", "images"), [(2, 4), (4, 8), (7.8, 16), (8, 16), (16, 32), (31.5, 256), (32, 256), (80, 256)]
)
def test_batch_size_follows_the_memory_of_the_gpu(memory, images):
    assert resolve_batch_size(config(), NETWORK, gpu_memory_gib=memory) == images


def test_what_is_configured_does_not_depend_on_the_gpu():
    assert resolve_batch_size(config(training=4), NETWORK, gpu_memory_gib=80) == 4
    assert resolve_batch_size(config(), UNKNOWN, gpu_memory_gib=80) == 32


@pytest.mark.parametrize(
    ("listed", "memory", "images"),
    [(96, 7.9, 192), (96, 139, 256), (128, 139, 256), (8, 139, 256), (4, 139, 128), (512, 139, 512), (512, 2, 256)],
)
def test_no_memory_makes_batches_larger_than_those_that_learning_rates_are_made_for(listed, memory, images):
    network = Architecture(name="net", timm_name="net", input_size=64, batch_sizes=((4, listed),))
    assert resolve_batch_size(config(), network, gpu_memory_gib=memory) == images


@settings(deadline=None)
@given(st.sampled_from(list(architecture_table().values())), st.floats(0.5, 200), st.floats(0.5, 200))
def test_more_memory_never_makes_a_smaller_batch(architecture, one, other):
    less, more = sorted((one, other))
    smaller = resolve_batch_size(config(), architecture, gpu_memory_gib=less)
    larger = resolve_batch_size(config(), architecture, gpu_memory_gib=more)
    assert 2 <= smaller <= larger
