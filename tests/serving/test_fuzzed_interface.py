"""Requests made up from the service's own description of its interface, valid ones and others."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from medimage.serving.bundle import PackagedBento
from medimage.serving.routes import METHODS
from tests.support.served import GOOD, Served, serving

UPLOADS = ("POST /predict", "POST /explain")
WRITTEN = (*UPLOADS, "POST /feedback")
# Schemathesis leaves out the address that it reads the description from.
READ = tuple(f"GET {path}" for path, methods in METHODS.items() if "GET" in methods and path != "/docs.json")
OPERATIONS = (*WRITTEN, *READ)


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with serving(bento, folder, feedback_log=str(folder / "feedback")) as served:
        yield served
    assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="module")
def operations(served: Served) -> dict[str, Any]:
    schema = schemathesis.openapi.from_url(f"{served.address}/docs.json")
    schema.config.update(base_url=served.address)
    # How requests against the description are refused: 413 where a list is longer than it says.
    schema.config.checks.negative_data_rejection.expected_statuses = ["400", "413", "415"]
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.label: operation for operation in found}


def fuzz(operation: Any, *, mode: GenerationMode, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers_as_described(case: Any) -> None:
        # What makes bytes an image is not described, and so a request may be valid and its file none.
        case.call_and_validate(excluded_checks=[positive_data_acceptance] if operation.label in UPLOADS else [])

    answers_as_described()


def test_every_operation_that_is_described_is_fuzzed(operations: dict[str, Any]) -> None:
    assert set(operations) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_any_request_is_answered_as_described(served: Served, operations: dict[str, Any], name: str) -> None:
    fuzz(operations[name], mode=GenerationMode.POSITIVE, examples=10)
    assert served.client.post("/predict", files={"image": GOOD}).status_code == 200


@pytest.mark.parametrize("name", WRITTEN)
def test_a_request_against_the_description_is_refused(served: Served, operations: dict[str, Any], name: str) -> None:
    fuzz(operations[name], mode=GenerationMode.NEGATIVE, examples=25)
    assert served.client.post("/predict", files={"image": GOOD}).status_code == 200


@pytest.mark.parametrize("files", [[GOOD], [GOOD, b"no image"]], ids=["one file", "several files"])
def test_an_answer_is_as_described(operations: dict[str, Any], files: list[bytes]) -> None:
    case = operations["POST /predict"].Case(body={"image": files}, media_type="multipart/form-data")
    assert case.call_and_validate().status_code == 200


@pytest.mark.proof
@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_a_thousand_requests_are_answered_as_described(
    served: Served, operations: dict[str, Any], name: str, mode: GenerationMode
) -> None:
    fuzz(operations[name], mode=mode, examples=1000)
    assert served.client.post("/predict", files={"image": GOOD}).status_code == 200
