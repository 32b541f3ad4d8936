"""Telling an alert every way that is set up. None that fails keeps the others, or the schedule, from going on."""

import logging
from collections.abc import Callable
from functools import partial

from medimage.printable import printable
from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.alerts.alert_settings import AlertSettings
from medimage.scheduling.alerts.email_alert import send_email
from medimage.scheduling.alerts.severity import Severity
from medimage.scheduling.alerts.web_alert import send_to_slack, send_to_webhook
from medimage.service_calls import ServiceCalls

logger = logging.getLogger(__name__)

_LEVELS = {
    Severity.NOTHING: logging.DEBUG,
    Severity.NOTICE: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}


def send_alert(alert: Alert, settings: AlertSettings) -> None:
    """Logs an alert, and sends it where it matters enough. Returns when all is sent, or given up with a warning.

    Args:
        alert: What happened.
        settings: Who is told.
    """
    logger.log(_LEVELS[alert.severity], "%s: %s. %s", alert.severity.value, printable(alert.title), alert.advice)
    if alert.severity.rank < settings.level.rank:
        return
    ways: dict[str, tuple[bool, Callable[[Alert, AlertSettings], None]]] = {
        "e-mail": (bool(settings.email_to), send_email),
        "webhook": (bool(settings.webhook.get_secret_value()), send_to_webhook),
        "Slack": (bool(settings.slack.get_secret_value()), send_to_slack),
    }
    under_way = []
    for name, (is_set_up, send) in ways.items():
        if is_set_up:
            # Somewhat more than a request gets, so that its own reason is told rather than silence.
            calls = ServiceCalls(f"The alert by {name}", seconds=settings.seconds + 2)
            calls.submit(partial(send, alert, settings))
            under_way.append(calls)
    for calls in under_way:
        calls.finish()
