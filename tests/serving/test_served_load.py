"""A packaged Bento under more requests than it takes on, and with a process of it killed meanwhile."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from medimage.serving.bundle import PackagedBento
from medimage.serving.cores import available_cores
from medimage.serving.prediction_log.reader import read_prediction_log
from tests.support.images import encode
from tests.support.served import GOOD, Served, serving

LARGE = encode(np.zeros((4000, 4000), np.uint8))
"""An image that takes a while to decode."""


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def served(bento: PackagedBento, tmp_path: Path, log_folder: Path) -> Iterator[Served]:
    with serving(bento, tmp_path, prediction_log=str(log_folder), maximum_waiting="3") as one:
        yield one


def logged(folder: Path) -> set[str]:
    return {row.prediction_id for row in read_prediction_log(folder)}


def test_what_is_too_much_is_turned_away_and_what_is_taken_on_is_answered_and_logged(
    served: Served, log_folder: Path
) -> None:
    def send(_: int) -> httpx.Response:
        return httpx.post(f"{served.address}/predict", files={"image": LARGE}, timeout=60)

    with ThreadPoolExecutor(24) as pool:
        responses = list(pool.map(send, range(48)))
    answered = [response for response in responses if response.status_code == 200]
    refused = [response for response in responses if response.status_code == 503]
    assert answered
    assert refused
    assert len(answered) + len(refused) == len(responses)
    assert all(response.headers["retry-after"] == "1" for response in refused)
    assert {response.json()["prediction_id"] for response in answered} == logged(log_folder)
    assert served.client.post("/predict", files={"image": GOOD}).status_code == 200


def test_a_killed_process_costs_no_logged_answer_and_is_followed_by_another(served: Served, log_folder: Path) -> None:
    (worker,) = [
        child
        for child in psutil.Process(served.process_group).children()
        if "worker.service" in " ".join(child.cmdline())
    ]

    def send(_: int) -> str | None:
        try:
            response = httpx.post(f"{served.address}/predict", files={"image": GOOD}, timeout=30)
        except httpx.HTTPError:
            return None
        return response.json()["prediction_id"] if response.status_code == 200 else None

    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(send, range(150))
        time.sleep(0.4)
        os.kill(worker.pid, signal.SIGKILL)
        given = {answer for answer in answers if answer}
    assert given
    assert given <= logged(log_folder)
    response = served.client.post("/predict", files={"image": GOOD})
    assert response.status_code == 200
    assert response.json()["prediction_id"] in logged(log_folder)
    assert len(list(log_folder.iterdir())) == 2


def test_a_log_that_cannot_be_written_breaks_no_answer_and_is_told(served: Served, log_folder: Path) -> None:
    log_folder.rmdir()
    response = served.client.post("/predict", files={"image": GOOD})
    assert response.status_code == 200
    health = served.client.get("/health").json()
    assert (health["status"], health["prediction_log"], health["predictions_not_logged"]) == ("degraded", "failing", 1)
    assert "medimage_prediction_log_lost_total 1.0" in served.client.get("/metrics").text
    assert served.client.get("/readyz").status_code == 200
    assert "prediction log" in served.log.read_text()


def test_what_is_refused_does_not_make_the_service_seem_fast(bento: PackagedBento, tmp_path: Path) -> None:
    def send(_: int) -> int:
        return httpx.post(f"{served.address}/predict", files={"image": LARGE}, timeout=60).status_code

    # Of images that take as long as these, few may wait; of fast ones, more than are sent at a time.
    limits = {"maximum_waiting": "64", "waiting_seconds": "0.05"}
    with serving(bento, tmp_path, **limits) as served, ThreadPoolExecutor(24) as pool:
        assert send(0) == 200
        for _ in range(50):
            assert served.client.post("/predict", files=[("image", b"no image")] * 32).status_code == 200
            for question in ("label=nonsense", "layer=nonsense", ""):
                refused = served.client.post(f"/explain?{question}", files={"image": GOOD})
                assert refused.status_code == (400 if question else 409)
        assert set(pool.map(send, range(24))) == {200, 503}


def test_what_is_refused_does_not_wait_for_what_is_being_answered(bento: PackagedBento, tmp_path: Path) -> None:
    def send(_: int) -> int:
        files = [("image", LARGE)] * 8
        return httpx.post(f"{served.address}/predict", files=files, timeout=60).status_code

    # More than are worked on at a time, so that some wait.
    requests = max(2, available_cores()) + 2
    with (
        serving(bento, tmp_path, maximum_waiting="1000", waiting_seconds="50") as served,
        ThreadPoolExecutor(requests) as pool,
    ):
        taken_on = [pool.submit(send, number) for number in range(requests)]
        while "medimage_predictions_total" not in served.client.get("/metrics").text:
            assert not any(request.done() for request in taken_on)
        for _ in range(5):
            assert served.client.post("/predict", files={"other": GOOD}).status_code == 400
            assert not any(request.done() for request in taken_on)
        assert [request.result() for request in taken_on] == [200] * requests


def test_what_was_given_up_is_not_worked_on_any_longer(
    bento: PackagedBento, tmp_path: Path, log_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENTOML_CONFIG_OPTIONS", "services.medimage.traffic.timeout=0.5")
    with serving(bento, tmp_path, prediction_log=str(log_folder)) as served:
        response = served.client.post("/predict", files=[("image", LARGE)] * 32)
        assert response.status_code == 504
        assert "error" in response.json()
        assert "504" in served.client.get("/docs.json").json()["paths"]["/predict"]["post"]["responses"]
    # The service ends when its threads have: what they would still answer is in the log by now.
    assert len(logged(log_folder)) < 32


def test_files_that_would_come_too_late_are_refused_and_those_before_are_answered(
    bento: PackagedBento, tmp_path: Path
) -> None:
    with serving(bento, tmp_path, answer_seconds="0.3") as served:
        response = served.client.post("/predict", files=[("image", LARGE)] * 32)
        assert response.status_code == 200
        answers = response.json()["answers"]
        statuses = [answer["status"] for answer in answers]
        assert statuses == sorted(statuses)
        assert (statuses[0], statuses[-1]) == (200, 413)
        assert answers[-1]["error"].endswith("send fewer at a time.")
        assert served.client.post("/predict", files={"image": LARGE}).status_code == 200


def test_where_files_cannot_be_put_down_requests_are_turned_away(
    bento: PackagedBento, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with serving(bento, tmp_path) as served:
        shutil.rmtree(temporary)
        # Starlette holds up to 1 MiB of a file in memory.
        response = served.client.post("/predict", files={"image": b"x" * 2**22})
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert served.client.post("/predict", files={"image": GOOD}).status_code == 200
    assert "The files of a request cannot be put down" in served.log.read_text()
