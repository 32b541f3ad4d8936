"""The images that the tests here start, each built once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medimage.serving.bundle import PackagedBento
from tests.conftest import PROJECT
from tests.support.image_builder import ImageBuilder, why_no_images
from tests.support.served import make_bento

DOCKER = PROJECT / "docker"


@pytest.fixture(scope="session")
def builder() -> ImageBuilder:
    if reason := why_no_images():
        pytest.skip(reason)
    return ImageBuilder.with_base()


@pytest.fixture(scope="session")
def bento(tmp_path_factory: pytest.TempPathFactory) -> PackagedBento:
    return make_bento(tmp_path_factory.mktemp("bentoml"))


@pytest.fixture(scope="session")
def serve_image(builder: ImageBuilder, bento: PackagedBento) -> Iterator[str]:
    name = builder.build(DOCKER / "serve.Dockerfile", bento.path, tag="medimage-serve-test")
    yield name
    builder.remove(name)


@pytest.fixture(scope="session")
def train_image(builder: ImageBuilder) -> Iterator[str]:
    name = builder.build(DOCKER / "train.Dockerfile", PROJECT, tag="medimage-train-test")
    yield name
    builder.remove(name)


@pytest.fixture(scope="session")
def serve_files(builder: ImageBuilder, serve_image: str) -> Iterator[Path]:
    with builder.files(serve_image) as files:
        yield files
