from pathlib import Path

import pytest

from medimage.serving.refusal import ServiceNotStartedError
from medimage.serving.settings import PREFIX, ServiceSettings

TOKEN = "secret-secret-secret"


def test_without_variables_everything_has_a_default() -> None:
    settings = ServiceSettings.from_environment({"PATH": "/bin"})
    assert settings.maximum_files == 32
    assert settings.prediction_log is None
    assert not settings.access_tokens()


def test_variables_are_read_and_empty_ones_are_not_set() -> None:
    settings = ServiceSettings.from_environment(
        {f"{PREFIX}MAXIMUM_FILES": "5", f"{PREFIX}PREDICTION_LOG": "/logs", f"{PREFIX}UPLOAD_SECONDS": ""}
    )
    assert (settings.maximum_files, settings.prediction_log, settings.upload_seconds) == (5, Path("/logs"), 30)


def test_tokens_come_from_the_variable_and_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"research:{TOKEN}2\n")
    environment = {f"{PREFIX}TOKENS": f"ward:{TOKEN}1", f"{PREFIX}TOKENS_FILE": str(file)}
    tokens = ServiceSettings.from_environment(environment).access_tokens()
    assert tokens.name_of(f"Bearer {TOKEN}1") == "ward"
    assert tokens.name_of(f"Bearer {TOKEN}2") == "research"


@pytest.mark.parametrize("name", ["TOKEN", "TOKENS_FILES", "MAXIMUM_FILE", "PREDICTIONS_LOG"])
def test_a_misspelt_variable_is_refused_with_the_right_name(name: str) -> None:
    with pytest.raises(ServiceNotStartedError, match="Did you mean MEDIMAGE_SERVE_"):
        ServiceSettings.from_environment({f"{PREFIX}{name}": "x"})


def test_variables_that_kubernetes_adds_for_a_service_of_that_name_are_let_be() -> None:
    ServiceSettings.from_environment(
        {f"{PREFIX}PORT": "tcp://10.0.0.1:80", f"{PREFIX}SERVICE_HOST": "10.0.0.1", f"{PREFIX}PORT_80_TCP_ADDR": "x"}
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAXIMUM_FILES", "0"),
        ("MAXIMUM_FILES", "many"),
        ("UPLOAD_SECONDS", "60"),
        ("UPLOAD_SECONDS", "nan"),
        ("ALLOW_ANONYMOUS", "perhaps"),
        ("MAXIMUM_UPLOAD_MB", "99999"),
        ("THREADS_PER_IMAGE", "0"),
        ("THREADS_PER_IMAGE", "4294967296"),
        ("IMAGES_AT_A_TIME", "1025"),
    ],
)
def test_an_impossible_value_is_refused_with_its_name(name: str, value: str) -> None:
    with pytest.raises(ServiceNotStartedError, match=f"{PREFIX}{name}.*{value}"):
        ServiceSettings.from_environment({f"{PREFIX}{name}": value})


@pytest.mark.parametrize("limits", [{"MAXIMUM_UPLOAD_MB": "512"}, {"MAXIMUM_RECEIVING_MB": "63"}])
def test_less_room_than_one_request_may_take_is_refused(limits: dict[str, str]) -> None:
    with pytest.raises(ServiceNotStartedError, match=f"^Expected {PREFIX}MAXIMUM_RECEIVING_MB to be at least"):
        ServiceSettings.from_environment({f"{PREFIX}{name}": value for name, value in limits.items()})


def test_a_bad_token_is_not_shown() -> None:
    settings = ServiceSettings.from_environment({f"{PREFIX}TOKENS": TOKEN})
    with pytest.raises(ServiceNotStartedError, match="NAME:TOKEN") as caught:
        settings.access_tokens()
    assert TOKEN not in str(caught.value)


def test_a_file_of_tokens_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment({f"{PREFIX}TOKENS_FILE": str(tmp_path / "nothing")})
    with pytest.raises(ServiceNotStartedError, match="TOKENS_FILE"):
        settings.access_tokens()


def test_every_variable_is_documented() -> None:
    assert all(field.description for field in ServiceSettings.model_fields.values())


def test_the_documentation_has_every_variable() -> None:
    text = (Path(__file__).parents[2] / "docs/how-to/service.md").read_text()
    assert all(f"| `{name.upper()}` |" in text for name in ServiceSettings.model_fields)
