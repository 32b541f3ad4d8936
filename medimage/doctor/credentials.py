"""Credentials that runs may need: whether they are there and usable, and never what they are."""

import os
from collections.abc import Callable

from medimage.data.sources.kaggle.credentials import find_kaggle_credentials
from medimage.doctor.finding import Finding, State, fine
from medimage.errors import ConfigurationError
from medimage.evidence.keys import KEY_VARIABLE, fingerprint, signing_key


def check_credentials() -> tuple[Finding, ...]:
    """Looks for Kaggle's credentials and for a key to sign evidence with. Asks no server."""
    return (_checked("Kaggle", _kaggle), _checked("signing key", _signing_key))


def _checked(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return fine(subject, look())
    except ConfigurationError as error:
        return Finding(
            subject=subject,
            state=State.PROBLEM,
            told=str(error),
            advice="Correct it, or take it away: every run that needs it ends with this message.",
        )


def _kaggle() -> str:
    found = find_kaggle_credentials()
    if found is None:
        return "no credentials; only configurations whose data come from Kaggle need them"
    return f"credentials from {found.origin}"


def _signing_key() -> str:
    key = signing_key(None)
    if key is None:
        return f"none in {KEY_VARIABLE}; evidence is told apart by hash, and nobody signs it"
    named = "a key" if os.environ[KEY_VARIABLE].lstrip().startswith("-----BEGIN ") else os.environ[KEY_VARIABLE]
    return f"{named}; the public key begins with {fingerprint(key.public_key())}"
