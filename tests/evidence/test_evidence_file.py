"""Evidence that is not as it is written is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.evidence.bound_file import BoundFile, StoredFile
from medimage.evidence.canonical_json import MOST_BYTES, canonical_bytes, read_canonical
from medimage.evidence.errors import EvidenceError
from medimage.evidence.evidence_file import read_evidence, write_evidence
from medimage.evidence.manifest import Evidence
from medimage.evidence.verification import verify
from tests.support.run_folders import make_run

HASH = "0" * 64
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def evidence(**changes: Any) -> Evidence:
    return Evidence(**{"claims": {"verdict": "PASS"}, "packages": {"numpy": "2"}, "files": (), **changes})


def bound(name: str) -> BoundFile:
    return BoundFile(name=name, role="report", size=1, sha256=HASH)


def test_evidence_comes_back_from_its_file(tmp_path: Path) -> None:
    written = evidence(
        claims={"verdict": "PASS", "version": 3, "is_clean": True, "commit": None, "name": "ä \ud800 \n"},
        files=(bound("a/ö.html"), bound("b")),
        elsewhere=(StoredFile(name="w", role="weights", size=0, sha256=HASH, place="s3://bucket/x"),),
        circumstances={"run_id": "1"},
        logs=(bound("c"),),
        unbound=("wandb",),
    )
    read = read_evidence(write_evidence(tmp_path, written))
    assert (read.evidence, read.signature) == (written, None)


@settings(max_examples=50, deadline=None)
@given(values=st.dictionaries(st.text(), JSON, max_size=5))
def test_canonical_json_comes_back_and_has_one_form(values: dict[str, Any]) -> None:
    content = canonical_bytes(values)
    assert read_canonical(content, name="x") == values
    assert canonical_bytes(dict(reversed(values.items()))) == content
    compact = json.dumps(values).encode()
    with pytest.raises(EvidenceError, match="one form"):
        read_canonical(compact, name="x")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff\xfe{}", "cannot be read"),
        (b"[]\n", "holds list"),
        (b'{\n  "a": 1,\n  "a": 1\n}\n', "'a' stands in it twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": 1e999}', "cannot be read"),
        (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' * 20_000 + b"1" + b"}" * 20_000, "nested too deeply"),
        (b'{ "a": 1 }\n', "one form"),
        (b'{\n  "b": 1,\n  "a": 1\n}\n', "one form"),
        (b'{\n  "a": "\xc3\xa4"\n}\n', "cannot be read"),
    ],
)
def test_other_json_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "evidence.json").write_bytes(content)
    with pytest.raises(EvidenceError, match=reason):
        read_evidence(tmp_path / "evidence.json")


def test_a_repeated_key_among_very_many_is_found_at_once() -> None:
    # Counting each key anew would take hours.
    keys = ",".join(f'"{number}":0' for number in range(500_000))
    with pytest.raises(EvidenceError, match="'7' stands in it twice"):
        read_canonical(f'{{{keys},"7":0}}'.encode(), name="x")


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "evidence.json"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(EvidenceError, match="at most"):
        read_evidence(path)
    with pytest.raises(EvidenceError, match="at most"):
        read_canonical(path.read_bytes(), name="x")


def test_no_evidence_and_a_link_to_some_are_told(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="there is no file"):
        verify(tmp_path)
    (tmp_path / "evidence.json").symlink_to(make_run(tmp_path / "other") / "evidence.json")
    with pytest.raises(EvidenceError, match="a link"):
        verify(tmp_path)


def change(values: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**values, **changes}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": "medimage-evidence/2"}, "with the version of medimage that wrote it"),
        ({"schema": None}, "with the version"),
        ({"digest": HASH}, "changed after it was written"),
        ({"claims_sha256": HASH}, "changed after it was written"),
        ({"claims": {"verdict": "FAIL"}}, "changed after it was written"),
        ({"claims": {"verdict": 0.5}}, "does not hold together"),
        ({"claims": ["verdict"]}, "does not hold together"),
        ({"claims": None}, "does not hold together"),
        ({"files": [{"name": "a"}]}, "does not hold together"),
        ({"files": "report.html"}, "does not hold together"),
        ({"files": [{"name": "a", "role": "r", "size": 1, "sha256": HASH, "more": 1}]}, "does not hold together"),
        ({"files": [{"name": "a", "role": "r", "size": True, "sha256": HASH}]}, "size in bytes"),
        ({"files": [{"name": "a", "role": "r", "size": -1, "sha256": HASH}]}, "size in bytes"),
        ({"files": [{"name": "a", "role": "r", "size": 1, "sha256": "A" * 64}]}, "64 hexadecimal digits"),
        ({"files": [{"name": "a", "role": "", "size": 1, "sha256": HASH}]}, "a role"),
        ({"unbound": ["../other"]}, "below the folder"),
        ({"packages": {"numpy": 2}}, "versions of packages"),
        ({"more": 1}, "other keys"),
        ({"signature": None}, "signature of evidence"),
        ({"signature": {}}, "signature of evidence"),
    ],
)
def test_evidence_of_another_kind_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    values = {**evidence(files=(bound("a"),)).to_dict(), **changes}
    (tmp_path / "evidence.json").write_bytes(canonical_bytes(values))
    with pytest.raises(EvidenceError, match=reason):
        read_evidence(tmp_path / "evidence.json")


@pytest.mark.parametrize(
    "name",
    [
        *("", "/etc/passwd", "../x", "a/../../x", "a/..", "./a", "a//b", "a/", "."),
        *("a\\b", "C:x", "a\0b", "a\nb", "x" * 1001),
    ],
)
def test_a_name_that_could_lead_out_of_the_folder_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        bound(name)


@given(name=st.text())
def test_a_name_that_is_accepted_stays_in_the_folder(name: str) -> None:
    try:
        bound(name)
    except ValueError:
        return
    root = Path("/root/folder")
    normal = Path(*(root / name).parts)
    assert ".." not in normal.parts
    assert normal.is_relative_to(root)
    assert normal != root


def test_a_file_is_named_once_and_evidence_not_at_all() -> None:
    with pytest.raises(ValueError, match="named twice"):
        evidence(files=(bound("a"),), logs=(bound("a"),))
    with pytest.raises(ValueError, match="not to name itself"):
        evidence(files=(bound("evidence.json"),))


def test_claims_are_equal_where_only_the_circumstances_differ() -> None:
    first = evidence(circumstances={"run_id": "1"}, logs=(bound("log.csv"),))
    second = evidence(circumstances={"run_id": "2"})
    assert first.claims_sha256 == second.claims_sha256
    assert first.to_dict()["digest"] != second.to_dict()["digest"]
    assert evidence(files=(bound("a"),)).claims_sha256 != first.claims_sha256
