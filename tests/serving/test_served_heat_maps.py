"""Heat maps from a packaged Bento whose graph was really exported, and from one whose graph has none."""

import dataclasses
import io
from collections.abc import Iterator
from urllib.parse import unquote

import httpx
import numpy as np
import pytest
from PIL import Image

from medimage.export.onnx_graph import export_onnx
from medimage.models.build import build_network
from medimage.serving.bundle import build_bento
from medimage.serving.classifier import ImageClassifier
from medimage.serving.heat_maps.picture import as_layer, blend, in_levels
from medimage.serving.preprocessing import prepare_image
from tests.support.exported import make_card, make_exported
from tests.support.images import encode, textured
from tests.support.served import GOOD, Served, make_bento, serving
from tests.support.training import specification

CLASSES = ("läsion, ж", 'x"y&label=b', "b")
SPEC = dataclasses.replace(
    specification("test_resnet", size=64, head="medical", options={"output_stride": 8}), classes=CLASSES
)
IMAGE = encode(textured(3))


@pytest.fixture(scope="module")
def onnx() -> bytes:
    return export_onnx(build_network(SPEC, seed=0).eval(), SPEC, temperature=1.0, opset=20)


@pytest.fixture(scope="module")
def classifier(onnx: bytes) -> ImageClassifier:
    return ImageClassifier(onnx, threads=1)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, onnx: bytes) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("served")
    exported = dataclasses.replace(make_exported(spec=SPEC), onnx=onnx)
    card = make_card(spec=SPEC).with_version("1.2.3").to_dict()
    bento = build_bento(exported=exported, card=card, name="medimage-test", bento_home=folder / "bentoml")
    with serving(bento, folder) as served:
        yield served.client
    assert "Traceback" not in served.log.read_text()


def ask(client: httpx.Client, *files: bytes, **asked: str) -> httpx.Response:
    return client.post("/explain", params=asked, files=[("image", ("patient.png", data)) for data in files])


def drawn(response: httpx.Response) -> np.ndarray:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(response.content)) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("label", [None, *CLASSES])
def test_the_picture_is_the_graphs_map_over_the_image(
    client: httpx.Client, classifier: ImageClassifier, label: str | None
) -> None:
    response = ask(client, IMAGE, **({"label": label} if label else {}))
    expected = classifier.explain(IMAGE, label=label)
    assert unquote(response.headers["x-medimage-label"]) == expected.label
    pixels = prepare_image(IMAGE, color_mode=classifier.metadata.color_mode, size=64)
    np.testing.assert_array_equal(drawn(response), blend(pixels, in_levels(expected.values)))


def test_the_map_alone_lets_the_image_through_where_it_is_cold(
    client: httpx.Client, classifier: ImageClassifier
) -> None:
    heat = in_levels(classifier.explain(IMAGE, label="b").values)
    assert heat.max() > heat.min()
    np.testing.assert_array_equal(drawn(ask(client, IMAGE, label="b", layer="map")), as_layer(heat))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"label": "no such class"}, "'label' of the address is none of 'läsion, ж'"),
        ({"label": ""}, "'label'"),
        ({"layer": "image"}, "'layer' of the address is none of 'both', 'map'."),
    ],
)
def test_another_class_or_layer_is_refused_with_the_choices(
    client: httpx.Client, asked: dict[str, str], told: str
) -> None:
    response = ask(client, IMAGE, **asked)
    assert response.status_code == 400
    assert told in response.json()["error"]
    assert "no such class" not in response.text


def test_a_bad_image_is_refused(client: httpx.Client) -> None:
    assert ask(client, b"no image").status_code == 415
    assert ask(client, IMAGE[:200]).status_code == 400
    assert ask(client).status_code in (400, 415)


def test_one_image_is_explained_at_a_time(client: httpx.Client) -> None:
    response = ask(client, IMAGE, IMAGE)
    assert response.status_code == 413
    assert "more than one file" in response.json()["error"]


def test_pictures_are_kept_by_nobody_on_the_way(client: httpx.Client) -> None:
    headers = ask(client, IMAGE).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_heat_maps_are_counted_and_described(client: httpx.Client) -> None:
    ask(client, IMAGE)
    assert "medimage_heat_maps_total" in client.get("/metrics").text
    described = client.get("/docs.json").json()["paths"]["/explain"]["post"]
    assert described["parameters"][0]["schema"]["enum"] == list(CLASSES)


class TestWithoutNumbers:
    """A graph that has no maps, and gives no number for any image."""

    @pytest.fixture(scope="class")
    def served(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
        folder = tmp_path_factory.mktemp("without")
        with serving(make_bento(folder / "bentoml", slope=float("inf")), folder) as served:
            yield served
        assert "Traceback" not in served.log.read_text()

    def test_a_model_without_maps_says_so(self, served: Served) -> None:
        response = ask(served.client, GOOD)
        assert response.status_code == 409
        assert "gives no heat maps" in response.json()["error"]

    def test_an_image_without_an_answer_is_refused_and_the_others_are_not_harmed(self, served: Served) -> None:
        response = served.client.post("/predict", files={"image": GOOD})
        assert response.status_code == 422
        assert response.json() == {"error": "The model finds no number for this image, and so no answer."}
        several = served.client.post("/predict", files=[("image", GOOD), ("image", b"x")]).json()["answers"]
        assert [answer["status"] for answer in several] == [422, 415]
        assert 'medimage_images_refused_total{reason="no_number"} 2.0' in served.client.get("/metrics").text
