"""The whole answer, from a packaged Bento that logs its predictions."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import jsonschema
import numpy as np
import pytest
from scipy.special import softmax

from medimage.serving.bundle import PackagedBento
from medimage.serving.prediction_log.reader import read_prediction_log
from tests.support.exported import CLASSES, SLOPE, make_exported
from tests.support.images import encode
from tests.support.served import GOOD, GRADIENT, Served, served_rules, serving, trained_on


@pytest.fixture(scope="module")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "predictions"


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory, log_folder: Path) -> Iterator[Served]:
    with serving(bento, tmp_path_factory.mktemp("served"), prediction_log=str(log_folder), maximum_files="8") as served:
        yield served
    assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="module")
def client(served: Served) -> httpx.Client:
    return served.client


def send(client: httpx.Client, *files: bytes) -> httpx.Response:
    return client.post(
        "/predict", files=[("image", (f"patient-{number}.png", data)) for number, data in enumerate(files)]
    )


def flat(value: int) -> bytes:
    return encode(np.full((64, 64), value, np.uint8))


def described_schema(client: httpx.Client, name: str) -> dict[str, object]:
    """The schema of a type in the description, with OpenAPI's `nullable` as JSON schema says it."""
    components = client.get("/docs.json").json()["components"]

    def plain(value: object) -> object:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        inner = {key: plain(item) for key, item in value.items() if key != "nullable"}
        return {"anyOf": [inner, {"type": "null"}]} if value.get("nullable") else inner

    return {"$ref": f"#/components/schemas/{name}", "components": plain(components)}  # type: ignore[dict-item]


def test_an_answer_says_what_was_decided_and_by_which_model(client: httpx.Client) -> None:
    answer = send(client, GOOD).json()
    expected = softmax(np.array([SLOPE, 0, -SLOPE]) * GRADIENT.mean() / 255)
    np.testing.assert_allclose(list(answer["probabilities"].values()), expected, atol=5e-3)
    assert answer["decision"]["outcome"] == "one"
    assert answer["decision"]["positive"] == ["bright"]
    assert answer["decision"]["thresholds"] == {"bright": 0.5, "dark": 0.3, "other|one": None}
    assert answer["decision"]["not_assessed"] == ["other|one"]
    assert "Only bright reaches" in answer["decision"]["meaning"]
    assert answer["abstention"] == {"abstained": False, "threshold": 0.45, "reason": ""}
    assert answer["conformal_set"] == {"classes": ["bright"], "coverage": 0.9, "reason": ""}
    assert answer["warnings"] == []
    assert answer["image"] == {"sha256": hashlib.sha256(GOOD).hexdigest(), "width": 64, "height": 64}
    exported = make_exported(rules=served_rules(), intensities=trained_on())
    assert answer["model"] == {
        "name": "lung-brightness",
        "version": "1.2.3",
        "sha256": exported.sha256,
        "evidence_hash": "e1",
    }


def test_an_unsure_answer_is_abstained_with_the_reason(client: httpx.Client) -> None:
    answer = send(client, flat(10)).json()
    assert answer["abstention"]["abstained"] is True
    assert "is below 0.450" in answer["abstention"]["reason"]
    assert answer["decision"]["positive"] == ["dark"]
    assert answer["conformal_set"]["classes"] == ["bright", "dark", "other|one"]


def test_a_strange_image_is_warned_of_and_answered_all_the_same(client: httpx.Client) -> None:
    plain, strange = send(client, flat(60)).json(), send(client, encode(np.full((16, 16), 60, np.uint8))).json()
    assert strange["probabilities"] == plain["probabilities"]
    assert {warning["kind"] for warning in strange["warnings"]} == {"nearly_constant", "unlike_training"}
    negative = send(client, encode(255 - GRADIENT)).json()
    assert {warning["kind"] for warning in negative["warnings"]} == {"unlike_training", "inverted"}


def test_several_files_are_answered_in_their_order_and_a_bad_one_keeps_no_other_from_it(client: httpx.Client) -> None:
    response = send(client, flat(200), b"no image", GOOD, GOOD[:40])
    assert response.status_code == 200
    first, second, third, fourth = response.json()["answers"]
    assert [one["status"] for one in (first, second, third, fourth)] == [200, 415, 200, 400]
    assert first["answer"]["probabilities"]["bright"] == pytest.approx(
        softmax(np.array([SLOPE, 0, -SLOPE]) * 200 / 255)[0], abs=1e-5
    )
    alone = send(client, GOOD).json()
    assert {**third["answer"], "prediction_id": ""} == {**alone, "prediction_id": ""}
    assert set(second) == {"status", "error"}
    assert second["error"].startswith("The file is not an image")
    assert fourth["error"].endswith(".")


@pytest.mark.parametrize("files", [9, 12, 1000])
def test_too_many_files_are_refused_with_the_limit(client: httpx.Client, files: int) -> None:
    response = send(client, *[GOOD] * files)
    assert response.status_code == 413
    assert "more than 8 files" in response.json()["error"]


def test_answers_are_as_the_description_says(client: httpx.Client) -> None:
    jsonschema.validate(send(client, GOOD).json(), described_schema(client, "ImageAnswer"))
    jsonschema.validate(send(client, GOOD, b"no image").json(), described_schema(client, "SeveralAnswers"))
    jsonschema.validate(send(client, b"no image").json(), described_schema(client, "Refusal"))
    jsonschema.validate(client.get("/health").json(), described_schema(client, "Health"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(send(client, b"no image").json(), described_schema(client, "ImageAnswer"))


def test_each_answer_is_logged_before_it_is_given(client: httpx.Client, log_folder: Path) -> None:
    before = datetime.now(UTC)
    answers = [send(client, GOOD).json()]
    answers += [
        one["answer"] for one in send(client, flat(10), b"no image", flat(20)).json()["answers"] if "answer" in one
    ]
    rows = {row.prediction_id: row for row in read_prediction_log(log_folder)}
    for answer in answers:
        row = rows[answer["prediction_id"]]
        assert row.probabilities == answer["probabilities"]
        assert row.abstained is answer["abstention"]["abstained"]
        assert list(row.positive) == answer["decision"]["positive"]
        assert list(row.warnings) == [warning["kind"] for warning in answer["warnings"]]
        assert row.image.sha256 == answer["image"]["sha256"]
        assert (row.model.version, row.model.sha256) == ("1.2.3", answer["model"]["sha256"])
        assert before <= row.time <= datetime.now(UTC)
    good = rows[answers[0]["prediction_id"]]
    assert good.image.mean == pytest.approx(GRADIENT.mean(), abs=1)
    assert good.image.histogram_distance is not None


def test_the_log_names_no_file_and_no_caller_unless_told_to(client: httpx.Client, log_folder: Path) -> None:
    send(client, GOOD)
    text = "".join(path.read_text() for path in log_folder.iterdir())
    assert "patient" not in text
    assert {row.caller for row in read_prediction_log(log_folder)} == {None}


def metric(client: httpx.Client, name: str, **labels: str) -> float:
    told = ",".join(f'{key}="{value}"' for key, value in labels.items())
    pattern = re.escape(name + (f"{{{told}}}" if labels else "")) + r" (\S+)"
    found = re.search(f"^{pattern}$", client.get("/metrics").text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


@pytest.mark.parametrize(
    ("data", "name", "labels"),
    [
        (GOOD, "medimage_predictions_total", {"label": "bright"}),
        (GOOD, "medimage_decisions_total", {"outcome": "one"}),
        (GOOD, "medimage_answer_seconds_count", {}),
        (GOOD, "medimage_prediction_log_rows_total", {}),
        (flat(10), "medimage_abstentions_total", {}),
        (flat(60), "medimage_warnings_total", {"kind": "nearly_constant"}),
        (b"no image", "medimage_images_refused_total", {"reason": "not_an_image"}),
    ],
)
def test_metrics_count_what_was_answered(client: httpx.Client, data: bytes, name: str, labels: dict[str, str]) -> None:
    before = metric(client, name, **labels)
    send(client, data)
    assert metric(client, name, **labels) == before + 1


def test_metrics_count_refused_requests_under_names_that_callers_do_not_choose(client: httpx.Client) -> None:
    before = metric(client, "medimage_requests_refused_total", reason="not_found")
    client.get("/some-address-that-is-not-there")
    assert metric(client, "medimage_requests_refused_total", reason="not_found") == before + 1
    assert "some-address" not in client.get("/metrics").text


def test_health_tells_of_the_model_and_the_log(client: httpx.Client) -> None:
    health = client.get("/health").json()
    assert (health["status"], health["prediction_log"], health["predictions_not_logged"]) == ("ok", "writing", 0)
    assert health["model"]["version"] == "1.2.3"


def test_classes_of_the_service_are_those_of_the_model(client: httpx.Client) -> None:
    assert list(send(client, GOOD).json()["probabilities"]) == list(CLASSES)
