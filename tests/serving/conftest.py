import pytest

from medimage.serving.bundle import PackagedBento
from tests.support.served import make_bento


@pytest.fixture(scope="session")
def bento(tmp_path_factory: pytest.TempPathFactory) -> PackagedBento:
    """A packaged model, once for all tests of a process: each serves it by itself and changes nothing in it."""
    return make_bento(tmp_path_factory.mktemp("bentoml"))
