"""The packaged service of the newest champion, found among the Bentos of this machine by the hash of its graph."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medimage.registry.aliases import CHAMPION
from medimage.registry.model_list import ListedVersion, list_models

_GRAPH: Final = ("src", "medimage", "serving", "model", "model.onnx")
"""Where the graph lies in a Bento's folder."""


@dataclass(frozen=True, kw_only=True)
class ChampionBento:
    """What there is to serve.

    Attributes:
        champion: The newest champion as `NAME/VERSION`; empty where there is none.
        tag: Tag of its Bento; empty where this machine has none of it.
    """

    champion: str
    tag: str


def find_champion_bento(bento_home: Path) -> ChampionBento:
    """Finds the champion that was registered last, and the newest Bento with its graph.

    Args:
        bento_home: BentoML's home.

    Raises:
        RegistryError: If the registry cannot be reached or refuses.
    """
    champions = [
        (version.registered, model.name, version)
        for model in list_models()
        for version in model.versions
        if CHAMPION in version.aliases
    ]
    if not champions:
        return ChampionBento(champion="", tag="")
    _, name, version = max(champions, key=lambda each: each[:2])
    return ChampionBento(champion=f"{name}/{version.version}", tag=_tag(version, bento_home))


def _tag(version: ListedVersion, bento_home: Path) -> str:
    graphs = sorted(bento_home.glob("/".join(("bentos", "*", "*", *_GRAPH))), key=lambda path: path.stat().st_mtime)
    for graph in reversed(graphs):
        if hashlib.sha256(graph.read_bytes()).hexdigest() == version.onnx_sha256:
            bento = graph.parents[len(_GRAPH) - 1]
            return f"{bento.parent.name}:{bento.name}"
    return ""
