"""Alerts by HTTP: to any address that takes JSON, and to Slack."""

from typing import Any
from urllib.parse import urlsplit

import requests

from medimage.errors import MedimageError
from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.alerts.alert_settings import AlertSettings


def send_to_webhook(alert: Alert, settings: AlertSettings) -> None:
    """Posts an alert as JSON.

    Raises:
        MedimageError: If it is not taken. It tells neither address nor token.
    """
    token = settings.webhook_token.get_secret_value()
    _post(settings.webhook.get_secret_value(), alert.to_dict(), token=token, seconds=settings.seconds)


def send_to_slack(alert: Alert, settings: AlertSettings) -> None:
    """Posts an alert to an incoming webhook of Slack (https://api.slack.com/messaging/webhooks).

    Raises:
        MedimageError: If it is not taken. The address is not told: who has it can write to the channel.
    """
    text = f"[{alert.severity.value}] {alert.to_text()}"
    # The three signs that Slack's own markup needs escaped, without which names in <> would become links.
    for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, escaped)
    _post(settings.slack.get_secret_value(), {"text": text}, token="", seconds=settings.seconds)


def _post(address: str, content: dict[str, Any], *, token: str, seconds: float) -> None:
    host = urlsplit(address).hostname

    def authorise(request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Given even without a token, because requests would otherwise send what ~/.netrc has for the host.
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    try:
        # The answer's body is not read: it may never end. A redirect would tell others what is secret.
        with requests.post(
            address, json=content, auth=authorise, timeout=seconds, allow_redirects=False, stream=True
        ) as answer:
            status = answer.status_code
    except (requests.RequestException, ValueError) as error:
        # What libraries say quotes the whole address, or the token where it cannot be sent.
        raise MedimageError(f"{host} cannot be reached ({type(error).__name__})") from None
    if 300 <= status < 400:
        raise MedimageError(f"{host} answers {status}, a redirect, which is not followed: set its target")
    if not 200 <= status < 300:
        raise MedimageError(f"{host} answers {status}")
