"""Keys and signatures."""

import stat
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from medimage.errors import ConfigurationError, StorageError
from medimage.evidence.check import Result
from medimage.evidence.errors import EvidenceError
from medimage.evidence.evidence_file import read_evidence
from medimage.evidence.keys import KEY_VARIABLE, make_key_pair, read_public_key, signing_key
from medimage.evidence.signature import Signature, is_valid, sign
from medimage.evidence.verification import verify
from tests.support.run_folders import make_run


@pytest.fixture(autouse=True)
def _no_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def signature_check(folder: Path, public: Ed25519PublicKey | None) -> tuple[Result, str]:
    (check,) = (check for check in verify(folder, public_key=public).checks if check.what == "signature")
    return check.result, check.detail


def test_the_algorithm_is_that_of_the_standard() -> None:
    # RFC 8032, section 7.1, test 1: the empty message.
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8")


def test_a_pair_of_keys_signs_and_verifies_and_the_private_one_is_its_owners(tmp_path: Path) -> None:
    private = tmp_path / "signing.pem"
    public = make_key_pair(private)
    assert public == tmp_path / "signing.public.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert b"PRIVATE" not in public.read_bytes()
    key = signing_key(private)
    assert key is not None
    folder = make_run(tmp_path / "home", key=key)
    assert signature_check(folder, read_public_key(public))[0] is Result.SAME
    assert not verify(folder, public_key=read_public_key(public)).wrong


def test_a_key_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    make_key_pair(tmp_path / "k.pem")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(StorageError, match="a key is not replaced"):
        make_key_pair(tmp_path / "k.pem")
    (tmp_path / "k.pem").unlink()
    with pytest.raises(StorageError, match="a key is not replaced"):
        make_key_pair(tmp_path / "k.pem")
    assert not (tmp_path / "k.pem").exists()
    assert (tmp_path / "k.public.pem").read_bytes() == before[tmp_path / "k.public.pem"]


def test_without_a_trusted_key_a_signature_proves_nothing_and_it_is_said(tmp_path: Path) -> None:
    unsigned, signed = make_run(tmp_path / "a"), make_run(tmp_path / "b", key=Ed25519PrivateKey.generate())
    result, detail = signature_check(unsigned, None)
    assert result is Result.NOT_CHECKED
    assert "nobody signed" in detail
    result, detail = signature_check(signed, None)
    assert result is Result.NOT_CHECKED
    assert "--public-key" in detail
    assert not verify(signed).wrong


def test_another_key_and_a_signature_taken_away_fail(tmp_path: Path) -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    unsigned, signed = make_run(tmp_path / "a"), make_run(tmp_path / "b", key=key)
    assert signature_check(signed, other.public_key())[0] is Result.DIFFERS
    assert signature_check(unsigned, key.public_key())[0] is Result.MISSING


def test_evidence_written_anew_by_somebody_else_is_found_by_the_key_alone(tmp_path: Path) -> None:
    key, forger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    forged = make_run(tmp_path / "forged", key=forger)
    assert not verify(forged).wrong
    assert [check.what for check in verify(forged, public_key=key.public_key()).wrong] == ["signature"]


def test_a_signature_of_other_evidence_is_refused(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    one, two = (make_run(tmp_path / name, key=key, run_name=name) / "evidence.json" for name in ("one", "two"))
    signatures = [read_evidence(path).signature for path in (one, two)]
    assert signatures[0] is not None
    assert signatures[1] is not None
    two.write_text(two.read_text().replace(signatures[1].value, signatures[0].value))
    with pytest.raises(EvidenceError, match="changed after it was signed"):
        read_evidence(two)


def test_a_signature_of_the_bare_content_is_none_of_evidence() -> None:
    key = Ed25519PrivateKey.generate()
    values = {"schema": "x"}
    good = sign(values, key)
    assert is_valid(good, values)
    bare = Signature(algorithm="Ed25519", public_key=good.public_key, value=key.sign(b'{\n  "schema": "x"\n}\n').hex())
    assert not is_valid(bare, values)
    with pytest.raises(InvalidSignature):
        good.key.verify(bytes.fromhex(good.value), b'{\n  "schema": "x"\n}\n')


def test_a_key_may_come_from_the_environment_as_a_file_or_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signing_key(None) is None
    private = tmp_path / "k.pem"
    make_key_pair(private)
    other = tmp_path / "other.pem"
    make_key_pair(other)
    expected = signing_key(private)
    assert expected is not None
    for value in (str(private), private.read_text()):
        monkeypatch.setenv(KEY_VARIABLE, value)
        key = signing_key(None)
        assert key is not None
        assert key.private_bytes_raw() == expected.private_bytes_raw()
    key = signing_key(other)
    assert key is not None
    assert key.private_bytes_raw() != expected.private_bytes_raw()


@pytest.mark.parametrize("kind", ["absent", "a folder", "text", "rsa", "a password", "public"])
def test_what_is_no_private_key_is_refused_before_anything_runs(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key.pem"
    if kind == "a folder":
        file.mkdir()
    elif kind == "text":
        file.write_text("secret words")
    elif kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    elif kind == "a password":
        key = Ed25519PrivateKey.generate()
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    elif kind == "public":
        make_key_pair(tmp_path / "k.pem").rename(file)
    with pytest.raises(ConfigurationError, match=r"evidence\.signing_key") as caught:
        signing_key(file)
    assert "secret words" not in str(caught.value)
    if kind != "public":
        with pytest.raises(ConfigurationError, match="--public-key"):
            read_public_key(file)


def test_a_private_key_in_the_environment_is_not_told_where_it_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----")
    with pytest.raises(ConfigurationError) as caught:
        signing_key(None)
    assert "c2VjcmV0" not in str(caught.value)
