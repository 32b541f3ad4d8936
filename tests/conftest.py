"""What every test shares: an isolated workspace, and the folder of real images."""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer

from medimage.workspace import configure_environment
from tests.support.scheduling import LoadFolderScheduling

# Set before anything imports ZenML or MLflow: tests must neither see nor change the user's stores.
_HOME = tempfile.mkdtemp(prefix="medimage-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ["MEDIMAGE_HOME"] = _HOME
for _name in ("ZENML_CONFIG_PATH", "MLFLOW_TRACKING_URI", "BENTOML_HOME", "ZENML_STORE_URL"):
    os.environ.pop(_name, None)

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several test processes share the cores: more threads than cores only wait for each other.
    os.environ["OMP_NUM_THREADS"] = "1"

# In the background of a shell, Ctrl-C is ignored, and what is started there inherits that: tests would wait.
signal.signal(signal.SIGINT, signal.default_int_handler)

configure_environment()

# How long an example takes says more of what runs beside the tests than of the code.
hypothesis.settings.register_profile("medimage", deadline=None)
hypothesis.settings.load_profile("medimage")

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_images() -> Path:
    """The folder of public medical images, or a skip with the reason."""
    folder = Path(os.environ.get("MEDIMAGE_TEST_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"there are no real images: {folder} does not exist; set MEDIMAGE_TEST_DATA to their folder")
    return folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFolderScheduling | None:
    """Replaces `--dist loadfile` by what also keeps together the files of folders that share a run."""
    return LoadFolderScheduling(config, log) if config.option.dist == "loadfile" else None
