"""Alerts sent to real servers on this machine, and to servers that hang, refuse, fail or send elsewhere."""

import datetime
import logging
import zoneinfo
from pathlib import Path

import pytest
from pydantic import SecretStr

from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.alerts.alert_settings import AlertSettings
from medimage.scheduling.alerts.send_alert import send_alert
from medimage.scheduling.alerts.severity import Severity
from tests.support.mail_server import mail_server, make_certificate
from tests.support.processes import free_port, silent_server
from tests.support.web_receiver import web_receiver

DUE = datetime.datetime(2026, 11, 23, 3, 0, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))


def make_alert(severity: Severity = Severity.ERROR, title: str = "monitor ended with an error") -> Alert:
    return Alert(
        severity=severity,
        schedule="monitor",
        title=title,
        command="python -m pipelines.monitor_pipeline --log 'a <b> & c'",
        scheduled=DUE,
        time=DUE + datetime.timedelta(minutes=4),
        exit_code=1,
        advice="What it printed says why.",
    )


def settings(**values: str) -> AlertSettings:
    return AlertSettings.from_environment({f"MEDIMAGE_ALERT_{name.upper()}": value for name, value in values.items()})


def mail_settings(smtp: str, **values: str) -> AlertSettings:
    return settings(smtp=smtp, email_from="medimage@example.org", email_to="a@example.org, b@example.org", **values)


def test_an_alert_by_mail_says_what_when_and_what_to_do() -> None:
    with mail_server() as mailbox:
        alert = make_alert(title="monitor ended with an error: Übung")
        send_alert(alert, mail_settings(f"smtp://127.0.0.1:{mailbox.port}"))
    (message,) = mailbox.messages
    assert message["Subject"] == "[error] monitor ended with an error: Übung"
    assert message["To"] == "a@example.org, b@example.org"
    text = message.get_content()
    for part in ("Exit code: 1", "2026-11-23 03:00+01:00", "--log 'a <b> & c'", "What it printed says why."):
        assert part in text


@pytest.mark.parametrize(("scheme", "at_once"), [("smtps", True), ("smtp+starttls", False)])
def test_the_password_goes_through_tls_alone(
    scheme: str, at_once: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate=certificate, at_once=at_once) as mailbox:
        send_alert(
            make_alert(), mail_settings(f"{scheme}://127.0.0.1:{mailbox.port}", smtp_user="me", smtp_password="hunter2")
        )
    assert mailbox.logins == [("me", "hunter2", True)]
    assert len(mailbox.messages) == 1


def test_a_mail_server_that_nobody_vouches_for_gets_no_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with mail_server(certificate=make_certificate(tmp_path)) as mailbox:
        told = mail_settings(f"smtp+starttls://127.0.0.1:{mailbox.port}", smtp_user="me", smtp_password="hunter2")
        send_alert(make_alert(), told)
    assert (mailbox.logins, mailbox.messages) == ([], [])
    assert "The alert by e-mail is not available" in caplog.text


def test_without_tls_on_offer_nothing_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    with mail_server() as mailbox:
        send_alert(make_alert(), mail_settings(f"smtp+starttls://127.0.0.1:{mailbox.port}"))
    assert mailbox.messages == []
    assert "The alert by e-mail is not available" in caplog.text


def test_what_a_mail_server_says_of_the_password_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with mail_server(refuses=b"AUTH") as mailbox:
        send_alert(
            make_alert(), mail_settings(f"smtp://127.0.0.1:{mailbox.port}", smtp_user="me", smtp_password="hunter2")
        )
    assert "code 535" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_webhook_gets_the_alert_as_json_with_its_token() -> None:
    with web_receiver() as received:
        send_alert(make_alert(), settings(webhook=f"{received.address}/hook?key=1", webhook_token="token-of-mine"))
    assert received.paths == ["/hook?key=1"]
    assert received.headers[0]["Authorization"] == "Bearer token-of-mine"
    (content,) = received.contents
    assert (content["severity"], content["schedule"], content["exit_code"]) == ("error", "monitor", 1)
    assert content["scheduled"] == "2026-11-23T03:00:00+01:00"


def test_a_password_of_the_account_s_netrc_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with web_receiver() as received:
        send_alert(make_alert(), settings(webhook=received.address))
    assert "Authorization" not in received.headers[0]


def test_a_token_that_cannot_be_sent_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with web_receiver() as received:
        unchecked = settings(webhook=received.address).model_copy(update={"webhook_token": SecretStr("hunter2\n")})
        send_alert(make_alert(), unchecked)
    assert received.contents == []
    assert "The alert by webhook is not available" in caplog.text
    assert "hunter2" not in caplog.text


def test_slack_gets_one_text_without_markup_of_ours() -> None:
    with web_receiver() as received:
        send_alert(make_alert(), settings(slack=f"{received.address}/services/T/B/secret"))
    (content,) = received.contents
    assert set(content) == {"text"}
    assert content["text"].startswith("[error] monitor ended with an error")
    assert "'a &lt;b&gt; &amp; c'" in content["text"]


@pytest.mark.parametrize("way", ["webhook", "slack"])
@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
def test_an_answer_that_is_no_success_is_logged_without_the_address(
    way: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with web_receiver() as elsewhere, web_receiver(status=status, location=elsewhere.address) as received:
        send_alert(make_alert(), settings(**{way: f"{received.address}/services/secret"}))
    assert elsewhere.contents == []
    assert f"answers {status}" in caplog.text
    assert "secret" not in caplog.text


def test_a_server_that_is_not_there_is_logged_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    send_alert(make_alert(), settings(slack=f"http://127.0.0.1:{free_port()}/services/secret"))
    assert "cannot be reached (ConnectionError)" in caplog.text
    assert "secret" not in caplog.text


def test_servers_that_hang_are_given_up_and_keep_no_other_way_from_its_alert(caplog: pytest.LogCaptureFixture) -> None:
    with silent_server() as hangs, web_receiver() as received:
        port = hangs.rpartition(":")[2]
        told = mail_settings(f"smtp://127.0.0.1:{port}", webhook=hangs, slack=received.address, seconds="1")
        send_alert(make_alert(), told)
    assert len(received.contents) == 1
    assert "The alert by e-mail is not available" in caplog.text
    assert "The alert by webhook is not available" in caplog.text


def test_the_log_has_every_alert_and_only_what_matters_enough_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with web_receiver() as received:
        told = settings(webhook=received.address, level="error")
        for severity in (Severity.NOTICE, Severity.WARNING, Severity.ERROR):
            send_alert(make_alert(severity), told)
    assert [content["severity"] for content in received.contents] == ["error"]
    assert [record.levelno for record in caplog.records] == [logging.INFO, logging.WARNING, logging.ERROR]


def test_a_title_of_two_lines_is_no_title() -> None:
    with pytest.raises(ValueError, match="one line"):
        make_alert(title="monitor\nBcc: all@example.org")
