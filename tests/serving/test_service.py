import asyncio
import hashlib
import io
import struct
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import httpx
import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

from medimage.serving.bundle import build_bento
from tests.support.dicom_files import dicom_bytes, gray_dataset
from tests.support.exported import CLASSES, SLOPE, make_card, make_exported
from tests.support.images import encode
from tests.support.processes import free_port, running_server

MAXIMUM_UPLOAD_BYTES = 64 * 2**20
GOOD = encode(np.full((40, 60), 51, np.uint8))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A packaged Bento, served from a folder that is neither the project nor the Bento."""
    home = tmp_path_factory.mktemp("bentoml")
    card = make_card().with_version("1.2.3").to_dict()
    bento = build_bento(exported=make_exported(), card=card, name="medimage-test", bento_home=home)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "bentoml", "serve", bento.tag, "--host", "127.0.0.1", "--port", str(port)]
    environment = {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"}
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with running_server(
        command, address=address, ready="/readyz", cwd=elsewhere, environment=environment, log=home / "serve.log"
    ):
        yield address
    assert "Traceback" not in (home / "serve.log").read_text()


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client


def send(client: httpx.Client, data: bytes, *, name: str = "image.png") -> httpx.Response:
    return client.post("/predict", files={"image": (name, data)})


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_good_image_is_answered(client: httpx.Client, image_format: str) -> None:
    response = send(client, encode(np.full((40, 60), 51, np.uint8), image_format))
    assert response.status_code == 200
    answer = response.json()
    expected = softmax(np.array([SLOPE, 0, -SLOPE]) * 51 / 255)
    assert list(answer["probabilities"]) == list(CLASSES)
    np.testing.assert_allclose(list(answer["probabilities"].values()), expected, atol=1e-2)
    assert answer["label"] == "bright"
    assert answer["confidence"] == answer["probabilities"]["bright"]
    assert answer["model"] == {
        "name": "lung-brightness",
        "version": "1.2.3",
        "sha256": hashlib.sha256(make_exported().onnx).hexdigest(),
        "evidence_hash": "e1",
    }
    assert "research use only" in answer["notice"]


def test_dicom_file_is_answered_as_the_picture_that_a_viewer_shows(client: httpx.Client) -> None:
    stored = np.full((40, 60), 1051, np.uint16)
    data = dicom_bytes(gray_dataset(stored, RescaleSlope=1, RescaleIntercept=-1000, WindowCenter=128, WindowWidth=256))
    response = send(client, data, name="image.dcm")
    assert response.status_code == 200
    np.testing.assert_allclose(
        list(response.json()["probabilities"].values()), softmax(np.array([SLOPE, 0, -SLOPE]) * 51 / 255), atol=1e-3
    )
    assert send(client, data[:-10], name="image.dcm").status_code == 400


def bitmap_header(width: int, height: int) -> bytes:
    """A BMP file of that size that ends before its pixels."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54) + header


@cache
def bad_images() -> dict[str, tuple[bytes, int]]:
    animation = io.BytesIO()
    frames = [Image.new("L", (32, 32), value) for value in (0, 255)]
    frames[0].save(animation, "PNG", save_all=True, append_images=frames[1:])
    return {
        "empty": (b"", 400),
        "text": (b"hello", 415),
        "gif": (encode(np.zeros((32, 32), np.uint8), "GIF"), 415),
        "unsupported encoding": (
            dicom_bytes(gray_dataset(np.zeros((32, 32), np.uint8), PhotometricInterpretation="CMYK")),
            415,
        ),
        "cut short": (GOOD[: len(GOOD) // 2], 400),
        "one pixel": (encode(np.zeros((1, 1), np.uint8)), 400),
        "16 bits": (encode(np.zeros((32, 32), np.uint16)), 400),
        "two frames": (animation.getvalue(), 400),
        "transparent": (encode(np.zeros((32, 32, 4), np.uint8)), 400),
        "too many pixels": (bitmap_header(40_000, 2_000), 413),
        "too many bytes": (bytes(MAXIMUM_UPLOAD_BYTES), 413),
    }


@pytest.mark.parametrize("case", sorted(bad_images()))
def test_bad_image_is_refused_with_a_sentence(client: httpx.Client, case: str) -> None:
    data, status = bad_images()[case]
    response = send(client, data)
    assert response.status_code == status
    assert list(response.json()) == ["error"]
    assert response.json()["error"].endswith(".")


@pytest.mark.parametrize(
    ("request_options", "status"),
    [
        pytest.param({"files": {"picture": GOOD}}, 400, id="other field"),
        pytest.param({"files": {"image": (None, "text")}}, 400, id="text in the field"),
        pytest.param({"files": {"image": (None, "http://127.0.0.1:1/x.png")}}, 400, id="address in the field"),
        pytest.param({"json": {"image": "abc"}}, 415, id="json"),
        pytest.param({"data": {"image": "abc"}}, 415, id="form without a file"),
        pytest.param({"content": GOOD, "headers": {"content-type": "image/png"}}, 415, id="bare image"),
        pytest.param({"content": b""}, 415, id="nothing"),
        pytest.param({"content": b"", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, id="empty"),
        pytest.param({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, id="no boundary"),
        pytest.param(
            {"content": b"junk", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, id="junk"
        ),
        pytest.param(
            {"content": b"--x\r\n\r\n\r\n--x--", "headers": {"content-type": "multipart/form-data; boundary=x"}},
            400,
            id="part without a name",
        ),
        pytest.param(
            {"content": GOOD, "headers": {"content-type": "multipart/form-data; boundary=" + "x" * 9000}},
            400,
            id="long boundary",
        ),
    ],
)
def test_bad_request_is_refused_with_a_sentence(
    client: httpx.Client, request_options: dict[str, object], status: int
) -> None:
    response = client.post("/predict", **request_options)  # type: ignore[arg-type]
    assert response.status_code == status
    assert "field 'image'" in response.json()["error"]


def test_upload_without_a_stated_length_is_limited_too(client: httpx.Client) -> None:
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        for _ in range(MAXIMUM_UPLOAD_BYTES // 2**20 + 1):
            yield bytes(2**20)
        yield b"\r\n--x--\r\n"

    response = client.post("/predict", content=body(), headers={"content-type": "multipart/form-data; boundary=x"})
    assert response.status_code == 413


def test_wrong_method_is_refused(client: httpx.Client) -> None:
    assert client.get("/predict").status_code == 405


def test_broken_off_upload_leaves_the_service_well(client: httpx.Client, address: str) -> None:
    async def break_off() -> None:
        port = int(address.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: 5000\r\n\r\n--x\r\n"
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    asyncio.run(break_off())
    assert send(client, GOOD).status_code == 200


def test_many_requests_at_a_time_get_their_own_answers(client: httpx.Client) -> None:
    values = list(range(0, 250, 10))
    images = [encode(np.full((32, 32), value, np.uint8)) for value in values]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: send(client, data).json()["probabilities"]["bright"], images))
    expected = [softmax(np.array([SLOPE, 0, -SLOPE]) * value / 255)[0] for value in values]
    np.testing.assert_allclose(answers, expected, atol=1e-6)


@pytest.mark.parametrize("path", ["/", "/docs", "/card", "/docs.json", "/healthz", "/livez", "/readyz", "/metrics"])
def test_service_shows_its_pages_and_probes(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_card_is_served_as_json(client: httpx.Client) -> None:
    card = client.get("/card").json()
    assert card["version"] == "1.2.3"
    assert card["metrics"]["accuracy"]["n"] == 200


def test_interface_describes_a_file_upload(client: httpx.Client) -> None:
    operation = client.get("/docs.json").json()["paths"]["/predict"]["post"]
    assert "multipart/form-data" in operation["requestBody"]["content"]
