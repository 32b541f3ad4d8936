import os
from pathlib import Path

import pytest

from medimage.registry.champion_bento import find_champion_bento
from tests.support.exported import make_exported
from tests.support.registered import NAME, register

pytestmark = pytest.mark.usefixtures("database")


def bento(home: Path, tag: str, content: bytes, *, time: int) -> None:
    graph = home / "bentos" / tag.replace(":", "/") / "src" / "medimage" / "serving" / "model" / "model.onnx"
    graph.parent.mkdir(parents=True)
    graph.write_bytes(content)
    os.utime(graph, (time, time))


def test_without_a_champion_there_is_nothing_to_serve(tmp_path: Path) -> None:
    found = find_champion_bento(tmp_path)
    assert (found.champion, found.tag) == ("", "")
    register(alias="challenger")
    assert find_champion_bento(tmp_path).champion == ""


def test_the_newest_bento_of_the_champions_own_graph_is_found(tmp_path: Path) -> None:
    register(slope=0.02)
    assert (find_champion_bento(tmp_path).champion, find_champion_bento(tmp_path).tag) == (f"{NAME}/1", "")
    content = make_exported(slope=0.02).onnx
    bento(tmp_path, "medimage-lung:aaa", content, time=1000)
    bento(tmp_path, "medimage-lung:bbb", content, time=3000)
    bento(tmp_path, "medimage-lung:ccc", content, time=2000)
    bento(tmp_path, "medimage-lung:ddd", b"another graph", time=4000)
    assert find_champion_bento(tmp_path).tag == "medimage-lung:bbb"
