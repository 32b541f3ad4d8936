"""Who is told, and how: every environment variable that alerts read, in one place. None stands in a command line."""

import difflib
import ipaddress
from collections.abc import Mapping
from email.utils import getaddresses
from typing import Annotated, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from medimage.errors import ConfigurationError
from medimage.scheduling.alerts.severity import Severity

PREFIX = "MEDIMAGE_ALERT_"
"""What the name of every variable begins with; the rest is a field's name in capitals."""

_SIMILAR = 0.85
_SCHEMES = ("smtps", "smtp+starttls", "smtp")


class AlertSettings(BaseModel):
    """What a person may set. Empty variables count as not set. Nothing shows a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    level: Severity = Field(
        Severity.WARNING, description="The least that is sent: `notice`, `warning` or `error`. The log has everything."
    )
    seconds: Annotated[float, Field(ge=1, le=300)] = Field(
        30, description="Time that each way of telling gets; the schedule goes on without one that takes longer."
    )
    email_to: str = Field("", description="Addresses for e-mail, separated by commas; none is sent without.")
    email_from: str = Field("", description="The sender's address.")
    smtp: str = Field(
        "",
        description="Server that takes e-mail: `smtps://HOST:465` (TLS), `smtp+starttls://HOST:587` (STARTTLS, which "
        "must be offered), or `smtp://127.0.0.1:25` without TLS, for this machine alone.",
    )
    smtp_user: str = Field("", description="Name at that server; none where it asks for none.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at that server.")
    webhook: SecretStr = Field(
        SecretStr(""),
        description="Address that gets each alert as JSON in a POST request. Redirects are not followed.",
    )
    webhook_token: SecretStr = Field(
        SecretStr(""), description="Sent to it as `Authorization: Bearer TOKEN`; over https only."
    )
    slack: SecretStr = Field(SecretStr(""), description="Address of an incoming webhook of Slack.")

    @field_validator("level")
    @classmethod
    def _sends_something(cls, level: Severity) -> Severity:
        if level is Severity.NOTHING:
            raise ValueError("expected notice, warning or error")
        return level

    @field_validator("email_to", "email_from")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        if text and not (text.isprintable() and all(_is_address(address) for _, address in getaddresses([text]))):
            raise ValueError("expected addresses such as ward@example.org")
        return text

    @field_validator("webhook_token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if not (text.isascii() and text.isprintable()) or " " in text:
            raise ValueError("expected letters, digits and signs of ASCII, without spaces and line ends")
        return token

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.email_to) != bool(self.smtp) or bool(self.email_to) != bool(self.email_from):
            raise ValueError(f"{PREFIX}EMAIL_TO, {PREFIX}EMAIL_FROM and {PREFIX}SMTP go together: set all or none")
        if bool(self.smtp_user) != bool(self.smtp_password.get_secret_value()):
            raise ValueError(f"{PREFIX}SMTP_USER and {PREFIX}SMTP_PASSWORD go together: set both or none")
        if self.smtp:
            _require_mail_server(self.smtp)
        for name, needs_secrecy in (("slack", True), ("webhook", bool(self.webhook_token.get_secret_value()))):
            secret: SecretStr = getattr(self, name)
            if secret.get_secret_value():
                _require_web_address(secret.get_secret_value(), name=name, needs_secrecy=needs_secrecy)
        if self.webhook_token.get_secret_value() and not self.webhook.get_secret_value():
            raise ValueError(f"{PREFIX}WEBHOOK_TOKEN is for {PREFIX}WEBHOOK, which is not set")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the settings.

        Raises:
            ConfigurationError: If a value is impossible, or there is no such variable. It tells no secret.
        """
        known = {f"{PREFIX}{name.upper()}": name for name in cls.model_fields}
        for name in environment:
            if name.startswith(PREFIX) and name not in known:
                near = difflib.get_close_matches(name, known, n=1, cutoff=_SIMILAR)
                hint = f" Did you mean {near[0]}?" if near else f" There are {', '.join(known)}."
                raise ConfigurationError(f"There is no variable {name}.{hint}")
        values = {field: environment[name] for name, field in known.items() if environment.get(name)}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_input=False, include_context=False)[0]
            told = first["msg"].removeprefix("Value error, ")
            where = f"{PREFIX}{str(first['loc'][0]).upper()}: " if first["loc"] else ""
            raise ConfigurationError(f"Alerts cannot be sent as they are set up. {where}{told}.") from None

    def ways(self) -> tuple[str, ...]:
        """Returns how a person is told, without addresses that are secret."""
        told = ["log"]
        if self.email_to:
            told.append(f"e-mail to {self.email_to} by {mail_server(self.smtp).hostname}")
        if self.webhook.get_secret_value():
            told.append(f"webhook at {urlsplit(self.webhook.get_secret_value()).hostname}")
        if self.slack.get_secret_value():
            told.append("Slack")
        return tuple(told)


def mail_server(address: str) -> SplitResult:
    """Returns the parts of a mail server's address."""
    return urlsplit(address)


def _is_address(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and " " not in text


def _require_mail_server(address: str) -> None:
    expected = f"{PREFIX}SMTP: expected {', '.join(f'{scheme}://HOST:PORT' for scheme in _SCHEMES)}"
    parts = _parts(address, f"{expected} with a port from 1 to 65535")
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError(expected)
    if "@" in parts.netloc:
        raise ValueError(f"{expected}; name and password go into {PREFIX}SMTP_USER and {PREFIX}SMTP_PASSWORD")
    if parts.scheme == "smtp" and not _is_this_machine(parts.hostname):
        raise ValueError(f"{PREFIX}SMTP: smtp has no TLS and is for this machine alone: use smtps or smtp+starttls")


def _require_web_address(address: str, *, name: str, needs_secrecy: bool) -> None:
    expected = f"{PREFIX}{name.upper()}: expected an address that begins with https://"
    parts = _parts(address, expected)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(expected)
    if "@" in parts.netloc:
        raise ValueError(f"{expected}, without name and password: {PREFIX}WEBHOOK_TOKEN is for what must be secret")
    if parts.scheme == "http" and needs_secrecy and not _is_this_machine(parts.hostname):
        raise ValueError(f"{expected}, because what is secret would be sent in the clear")


def _parts(address: str, expected: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        # Reading the port is what checks it.
        _ = parts.port
    except ValueError as error:
        raise ValueError(expected) from error
    return parts


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
