"""A mail server on this machine that keeps what it is given, with or without TLS."""

import base64
import datetime
import email
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(kw_only=True)
class Mailbox:
    """What a mail server was given.

    Attributes:
        port: Where it listens.
        messages: The messages.
        logins: Names and passwords, with whether they came through TLS.
    """

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)


@contextmanager
def mail_server(*, certificate: Path | None = None, at_once: bool = False, refuses: bytes = b"") -> Iterator[Mailbox]:
    """Runs a mail server (RFC 5321) until the block ends.

    Args:
        certificate: File with its key and certificate; without, it offers no TLS.
        at_once: Whether TLS begins with the connection, and not with STARTTLS.
        refuses: A command that it answers with an error.
    """
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        mailbox = Mailbox(port=listening.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                try:
                    _converse(connection, mailbox, context=context, at_once=at_once, refuses=refuses)
                except (OSError, ValueError):
                    # Who spoke to it went away, as clients that do not trust its certificate do.
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield mailbox
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def make_certificate(folder: Path) -> Path:
    """Writes key and certificate of a server at 127.0.0.1 that vouches for itself, and returns their file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(tz=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def _converse(
    connection: socket.socket, mailbox: Mailbox, *, context: ssl.SSLContext | None, at_once: bool, refuses: bytes
) -> None:
    is_secret = False
    if context is not None and at_once:
        connection, is_secret = context.wrap_socket(connection, server_side=True), True
    with connection:
        connection.settimeout(20)
        lines = connection.makefile("rb")
        connection.sendall(b"220 here\r\n")
        while line := lines.readline():
            verb = line[:4].upper()
            if refuses and line.upper().startswith(refuses):
                connection.sendall(b"535 your password hunter2 is wrong\r\n")
            elif verb == b"EHLO":
                offers = [b"AUTH PLAIN"] + [b"STARTTLS"] * (context is not None and not is_secret)
                answer = [b"here", *offers]
                connection.sendall(
                    b"".join(b"250" + (b" " if each is answer[-1] else b"-") + each + b"\r\n" for each in answer)
                )
            elif verb == b"STAR" and context is not None:
                connection.sendall(b"220 go on\r\n")
                connection, is_secret = context.wrap_socket(connection, server_side=True), True
                lines = connection.makefile("rb")
            elif verb == b"AUTH":
                _, name, password = base64.b64decode(line.split()[2]).decode().split("\0")
                mailbox.logins.append((name, password, is_secret))
                connection.sendall(b"235 welcome\r\n")
            elif verb == b"DATA":
                connection.sendall(b"354 speak\r\n")
                content = b""
                while (part := lines.readline()) not in (b".\r\n", b""):
                    content += part
                mailbox.messages.append(email.message_from_bytes(content, policy=default))
                connection.sendall(b"250 taken\r\n")
            elif verb == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 well\r\n")
