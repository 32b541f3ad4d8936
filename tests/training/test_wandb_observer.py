import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimage.training.wandb_observer import WandbObserver
from tests.training.test_console_observer import EPOCH, STAGE, START


@pytest.fixture(autouse=True)
def fresh_client() -> Iterator[None]:
    """Stops the client after each test; it reads its environment once, when it starts."""
    yield
    client = sys.modules.get("wandb")
    if client is not None:
        client.teardown()


def watch(directory: Path) -> None:
    observer = WandbObserver(project="medimage", name="lung", config={"seed": 42}, directory=directory)
    observer.on_stage_start(START)
    observer.on_epoch_end(EPOCH)
    observer.on_stage_end(STAGE)
    observer.close()


def test_run_without_a_network_is_kept_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("wandb", reason="the extra `wandb` is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    with caplog.at_level(logging.WARNING):
        watch(tmp_path)
    assert "not available" not in caplog.text
    assert list(tmp_path.rglob("run-*.wandb"))


def test_service_that_is_down_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("wandb", reason="the extra `wandb` is not installed")
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("medimage.training.wandb_observer.START_SECONDS", 1.0)
    with caplog.at_level(logging.WARNING):
        watch(tmp_path)
    assert "training goes on without it" in caplog.text


def test_package_that_is_not_installed_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with caplog.at_level(logging.WARNING):
        watch(tmp_path)
    assert "training goes on without it" in caplog.text
