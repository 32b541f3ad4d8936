"""Everything that is no good image: a packaged Bento has a sentence for each, and answers the next good request."""

import gzip
import re
import socket
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medimage.serving.bundle import PackagedBento
from tests.support.bad_files import bad_files
from tests.support.dicom_files import dicom_bytes, gray_dataset
from tests.support.images import encode, textured
from tests.support.served import GOOD, Served, serving


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(bento, tmp_path_factory.mktemp("served"), maximum_upload_mb="8", upload_seconds="5") as served:
        yield served
    assert "Traceback" not in served.log.read_text()


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    yield served.client
    response = served.client.post("/predict", files={"image": ("good.png", GOOD)})
    assert response.status_code == 200


def assert_refused(response: httpx.Response) -> None:
    assert 400 <= response.status_code < 500, response.text
    assert list(response.json()) == ["error"]
    assert response.json()["error"].endswith(".")
    assert not re.search(r"Traceback|site-packages|\.py\b|/tmp/|/usr/|0x[0-9a-f]{6}", response.text)


_ANSWERED = {"bomb in a text", "bomb in a profile"}
"""What may be answered, because the pixels are whole and the rest was not unpacked."""


@pytest.mark.parametrize("case", sorted(bad_files()))
def test_a_bad_file_is_refused_with_a_sentence(client: httpx.Client, case: str) -> None:
    response = client.post("/predict", files={"image": ("image.png", bad_files()[case])})
    if case in _ANSWERED and response.status_code == 200:
        return
    assert_refused(response)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "DICOM"])
def test_an_image_cut_anywhere_is_refused(client: httpx.Client, image_format: str) -> None:
    pixels = textured(5, size=64)
    whole = dicom_bytes(gray_dataset(pixels)) if image_format == "DICOM" else encode(pixels, image_format)
    parts = [whole[: len(whole) * percent // 100] for percent in range(1, 100, 3)]
    for start in range(0, len(parts), 30):
        sent = [("image", ("image", part)) for part in parts[start : start + 30]]
        several = client.post("/predict", files=[*sent, ("image", ("whole", whole))]).json()["answers"]
        assert [one["status"] for one in several[:-1] if not 400 <= one["status"] < 500] == []
        assert several[-1]["status"] == 200


@pytest.mark.parametrize(
    "name", ["läsion.png", "\U0001f4a9.png", "../../etc/passwd", "a\u202eb.png", "x" * 3000, 'a"b;c.png', "\u2028", ""]
)
def test_any_name_of_a_file_is_let_be(client: httpx.Client, name: str) -> None:
    response = client.post("/predict", files={"image": (name, GOOD)})
    if name:
        assert response.status_code == 200
    else:
        assert response.status_code in (200, 400)


_FORM = "multipart/form-data; boundary=x"
_DISPOSITION = b'Content-Disposition: form-data; name="image"'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"image": '),
        ("application/json", b"\xff\xfe"),
        ("application/vnd.bentoml+pickle", b"cos\nsystem\n(S'true'\ntR."),
        ("application/x-www-form-urlencoded", b"image=%ff%fe"),
        ("image/png", GOOD),
        ("text/plain; charset=nonsense", b"x"),
        ("", GOOD),
        ("multipart/form-data", b""),
        ("multipart/mixed; boundary=x", b"--x--"),
        (_FORM, b""),
        (_FORM, b"--x"),
        (_FORM, b"--x--"),
        (_FORM, b"--x\r\n\r\n\r\n--x--"),
        (_FORM, b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--"),
        (_FORM, b'--x\r\nContent-Disposition: form-data; name="image"\r\n\r\nabc\r\n--x--'),
        (_FORM, b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + GOOD),
        (_FORM, b'--x\r\nContent-Disposition: form-data; name="\xff"; filename="\xff"\r\n\r\nabc\r\n--x--'),
        (_FORM, b'--x\r\nContent-Disposition: form-data; name="image"\r\n' + b"X: y\r\n" * 5000 + b"\r\nabc\r\n--x--"),
        (_FORM, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 50 + b"--x--"),
        (_FORM + "; charset=nonsense", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--'),
        ("multipart/form-data; boundary=" + "y" * 5000, b"--y"),
        ("multipart/form-data; boundary=\u00e4", b"--x--"),
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(client: httpx.Client, content_type: str, body: bytes) -> None:
    headers = [("content-type", content_type.encode("latin-1"))] if content_type else []
    response = client.post("/predict", content=body, headers=headers)  # type: ignore[arg-type]
    assert 400 <= response.status_code < 500
    assert "error" in response.text


@pytest.mark.parametrize("coding", ["gzip", "identity, BR", "x-unknown"])
def test_a_compressed_request_is_refused_and_told_what_to_send(client: httpx.Client, coding: str) -> None:
    whole = client.build_request("POST", "/predict", files={"image": ("a.png", GOOD)})
    headers = {"content-type": whole.headers["content-type"], "content-encoding": coding}
    response = client.post("/predict", content=gzip.compress(whole.read()), headers=headers)
    assert response.status_code == 415
    assert "Content-Encoding" in response.json()["error"]
    assert response.headers["accept-encoding"] == "identity"


def test_a_request_that_says_it_is_not_compressed_is_answered(client: httpx.Client) -> None:
    response = client.post("/predict", files={"image": ("a.png", GOOD)}, headers={"content-encoding": "identity"})
    assert response.status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([b"", GOOD[:60], b"\xff\xd8\xff\xe0", b"II*\x00", b"RIFF\x00\x00\x00\x00WEBP"]), st.binary())
def test_no_bytes_make_it_fail(served: Served, begins: bytes, rest: bytes) -> None:
    assert_refused(served.client.post("/predict", files={"image": ("image", begins + rest)}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([b"--x", b"--", b"\r\n", b'Content-Disposition: form-data; name="image"', b"\x00", GOOD]))
)
def test_no_form_makes_it_fail(served: Served, parts: list[bytes]) -> None:
    response = served.client.post("/predict", content=b"".join(parts), headers={"content-type": _FORM})
    assert 400 <= response.status_code < 500


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9" + b"9" * 5000 + b"\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%zz%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: \xff\xfe\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_hardly_http_is_refused(served: Served, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(served.address.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = connection.recv(65536)
        except ConnectionError:
            answer = b""
    assert answer == b"" or re.match(rb"HTTP/1\.1 4\d\d ", answer), answer[:200]


def test_a_broad_image_of_many_pixels_is_answered(client: httpx.Client) -> None:
    response = client.post("/predict", files={"image": encode(np.zeros((100, 20_000), np.uint8))})
    assert response.status_code == 200
    assert response.json()["image"] == {**response.json()["image"], "width": 20_000, "height": 100}
