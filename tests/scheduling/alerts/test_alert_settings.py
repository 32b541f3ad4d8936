import pytest

from medimage.errors import ConfigurationError
from medimage.scheduling.alerts.alert_settings import AlertSettings

MAIL = {"EMAIL_TO": "a@example.org", "EMAIL_FROM": "b@example.org", "SMTP": "smtps://mail.example.org:465"}


def read(**values: str) -> AlertSettings:
    return AlertSettings.from_environment({f"MEDIMAGE_ALERT_{name}": value for name, value in values.items()})


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"SLAKC": "x"}, "Did you mean MEDIMAGE_ALERT_SLACK"),
        ({"COLOUR": "x"}, "There are MEDIMAGE_ALERT_LEVEL"),
        ({"LEVEL": "loud"}, "MEDIMAGE_ALERT_LEVEL: "),
        ({"LEVEL": "nothing"}, "notice, warning or error"),
        ({"SECONDS": "0"}, "MEDIMAGE_ALERT_SECONDS: "),
        ({"SECONDS": "nan"}, "MEDIMAGE_ALERT_SECONDS: "),
        ({"EMAIL_TO": "a@example.org"}, "go together"),
        ({**MAIL, "EMAIL_TO": "nobody"}, "expected addresses"),
        ({**MAIL, "EMAIL_FROM": "a@example.org\nBcc: b@example.org"}, "expected addresses"),
        ({**MAIL, "SMTP": "mail.example.org"}, "expected smtps://HOST:PORT"),
        ({**MAIL, "SMTP": "smtp://mail.example.org"}, "no TLS"),
        ({**MAIL, "SMTP": "smtps://mail.example.org:99999"}, "from 1 to 65535"),
        ({**MAIL, "SMTP": "smtps://me:hunter2@mail.example.org"}, "SMTP_USER and MEDIMAGE_ALERT_SMTP_PASSWORD"),
        ({**MAIL, "SMTP_PASSWORD": "hunter2"}, "set both or none"),
        ({"SLACK": "http://hooks.example.org/hunter2"}, "https://"),
        ({"SLACK": "hunter2"}, "https://"),
        ({"WEBHOOK": "ftp://example.org/hunter2"}, "https://"),
        ({"WEBHOOK": "https://me:hunter2@example.org"}, "without name and password"),
        ({"WEBHOOK": "http://example.org", "WEBHOOK_TOKEN": "hunter2"}, "in the clear"),
        ({"WEBHOOK_TOKEN": "hunter2"}, "which is not set"),
        ({"WEBHOOK": "https://example.org", "WEBHOOK_TOKEN": "hunter2\n"}, "WEBHOOK_TOKEN: expected letters"),
        ({"WEBHOOK": "https://example.org", "WEBHOOK_TOKEN": "hunter2\u20ac"}, "WEBHOOK_TOKEN: expected letters"),
    ],
)
def test_a_wrong_setting_is_told_without_its_secret(values: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(**values)
    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_nothing_shows_a_secret() -> None:
    settings = read(**MAIL, SMTP_USER="me", SMTP_PASSWORD="hunter2", SLACK="https://hooks.example.org/hunter2")
    assert "hunter2" not in f"{settings!r} {settings} {settings.ways()} {settings.model_dump()}"


def test_empty_variables_count_as_not_set() -> None:
    assert read(SLACK="", LEVEL="").ways() == ("log",)


def test_what_is_set_up_is_told() -> None:
    settings = read(**MAIL, WEBHOOK="http://alerts:9093/hook", SLACK="https://hooks.example.org/x")
    assert settings.ways() == ("log", "e-mail to a@example.org by mail.example.org", "webhook at alerts", "Slack")
