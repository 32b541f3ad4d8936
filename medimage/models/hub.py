"""Pretrained weights of timm's hub: are they here, can they be reached, fetch them."""

import threading
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub

from medimage.errors import WeightsError
from medimage.models.backbone import pretrained_configuration

CONNECT_SECONDS = 5.0
"""Time the hub gets to answer. The hub's own client would retry for half a minute per file."""

RESOLVE_SECONDS = 8.0
"""Time after which the question is given up, also where looking up the host's name hangs."""


@dataclass(frozen=True, kw_only=True)
class HubWeights:
    """Where the pretrained weights of one model are.

    Attributes:
        repository: Repository on the hub.
        revision: Revision of the repository; `None` is its newest.
        filename: File in the repository.
        cached: The file on this machine, if it was fetched before.
    """

    repository: str
    revision: str | None
    filename: str
    cached: Path | None


def find_hub_weights(timm_name: str) -> HubWeights:
    """Finds out where timm's pretrained weights of a model are, without a network.

    Raises:
        WeightsError: If the hub has no weights of this model.
    """
    configuration = pretrained_configuration(timm_name)
    if not configuration.get("hf_hub_id"):
        raise WeightsError(
            f"timm's hub has no pretrained weights of {timm_name}. Set model.weights to a safetensors file of this "
            "architecture, set model.pretrained: false to start from random weights, or choose another model.name."
        )
    repository, _, revision = configuration["hf_hub_id"].partition("@")
    # Never the pickled file beside it: unpickling runs what the file says.
    filename = configuration.get("hf_hub_filename") or "model.safetensors"
    cached = huggingface_hub.try_to_load_from_cache(repository, filename, revision=revision or None)
    return HubWeights(
        repository=repository,
        revision=revision or None,
        filename=filename,
        cached=Path(cached) if isinstance(cached, str) else None,
    )


def require_reachable(weights: HubWeights) -> None:
    """Makes sure that weights are cached or can be fetched, within a few seconds.

    Raises:
        WeightsError: If they are neither. The message names the three ways out.
    """
    if weights.cached is not None:
        return
    reason = "HF_HUB_OFFLINE is set" if huggingface_hub.is_offline_mode() else _why_unreachable(weights)
    if reason is not None:
        raise _unavailable(weights, reason)


def fetch(weights: HubWeights) -> Path:
    """Returns the file of pretrained weights, from the cache or the network.

    Raises:
        WeightsError: If they cannot be fetched.
    """
    if weights.cached is not None:
        return weights.cached
    require_reachable(weights)
    try:
        return Path(huggingface_hub.hf_hub_download(weights.repository, weights.filename, revision=weights.revision))
    except OSError as error:
        raise _unavailable(weights, str(error)) from error


def _unavailable(weights: HubWeights, reason: str) -> WeightsError:
    return WeightsError(
        f"The pretrained weights {weights.repository} are not on this machine and cannot be fetched: {reason}. "
        "Three ways out: (1) give this machine a network, or copy the hub's cache (folder HF_HOME) from a machine "
        "that has the weights; (2) set model.weights to a safetensors file of this architecture; "
        "(3) set model.pretrained: false to start from random weights."
    )


def _why_unreachable(weights: HubWeights) -> str | None:
    url = huggingface_hub.hf_hub_url(weights.repository, weights.filename, revision=weights.revision)
    answers: list[str | None] = []

    def ask() -> None:
        try:
            response = huggingface_hub.get_session().head(url, timeout=CONNECT_SECONDS)
        except Exception as error:  # Which client raises depends on the hub package's version; all are told.
            answers.append(f"{url} cannot be reached ({error})")
        else:
            answers.append(f"{url} answered with status {response.status_code}" if response.is_error else None)

    # A thread, because no time-out of an HTTP client bounds the look-up of a name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(RESOLVE_SECONDS)
    return answers[0] if answers else f"{url} did not answer within {RESOLVE_SECONDS:g} s"
