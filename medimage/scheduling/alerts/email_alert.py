"""Alerts by e-mail."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from medimage.errors import MedimageError
from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.alerts.alert_settings import AlertSettings, mail_server

_PORTS = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}


def send_email(alert: Alert, settings: AlertSettings) -> None:
    """Hands an alert to the mail server.

    Raises:
        MedimageError: If it does not take it. It tells no password.
    """
    message = EmailMessage()
    message["Subject"] = f"[{alert.severity.value}] {alert.title}"
    message["From"], message["To"] = settings.email_from, settings.email_to
    message["Date"], message["Message-ID"] = formatdate(), make_msgid()
    # Programs that answer e-mail leave alone what a program has sent (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(alert.to_text())
    parts = mail_server(settings.smtp)
    host = parts.hostname or ""
    try:
        with _connected(parts.scheme, host, parts.port or _PORTS[parts.scheme], seconds=settings.seconds) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            refused = server.send_message(message)
    except UnicodeError:
        # What Python says of it quotes a letter of the password.
        raise MedimageError("name and password at the mail server can only have letters of ASCII") from None
    except (OSError, smtplib.SMTPException) as error:
        raise MedimageError(f"the mail server {host} did not take it: {_reason(error)}") from None
    if refused:
        raise MedimageError(f"the mail server {host} refused {len(refused)} of the addresses")


def _connected(scheme: str, host: str, port: int, *, seconds: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=seconds, context=context)
    server = smtplib.SMTP(host, port, timeout=seconds)
    if scheme == "smtp+starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _reason(error: OSError | smtplib.SMTPException) -> str:
    """Returns what went wrong; what a server says may quote the password, so of that only the code is told."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}, code {error.smtp_code}"
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return error.strerror or str(error) or type(error).__name__
    return type(error).__name__
