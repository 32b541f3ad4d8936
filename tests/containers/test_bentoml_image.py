"""The image that `bentoml containerize` builds, from the Dockerfile that BentoML writes into a Bento."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimage.serving.bundle import PackagedBento
from medimage.serving.classifier import ImageClassifier
from tests.support.image_builder import BASE, ImageBuilder
from tests.support.images import encode, textured
from tests.support.secret_index import certificates, package_index
from tests.support.served_containers import serving_container

# Building takes a package index, a mirror of Debian, root, and minutes.
pytestmark = [pytest.mark.proof, pytest.mark.timeout(1800)]

BENTOML_USER = 1034
"""The user's number in BentoML's template."""


@pytest.fixture(scope="module")
def image(builder: ImageBuilder, bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("containerized")
    written = (bento.path / "env" / "docker" / "Dockerfile").read_text()
    # The base is all that is changed: there is no registry to get the official one from.
    changed, count = re.subn(r"^FROM \S+ AS", f"FROM {BASE} AS", written, flags=re.MULTILINE)
    assert count == 1
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(changed)
    # How this machine gets packages is there while the image is built, and not afterwards.
    index = package_index()
    settings = {"/etc/pip.conf": f"[global]\nindex-url = {index}\n"}
    settings["/etc/uv/uv.toml"] = f'native-tls = true\n[[index]]\nurl = "{index}"\ndefault = true\n'
    mounted = {}
    if (trusted := certificates()) is not None:
        mounted[trusted] = "/etc/ssl/certs/ca-certificates.crt"
        settings["/etc/pip.conf"] += "cert = /etc/ssl/certs/ca-certificates.crt\n"
    for number, (place, text) in enumerate(settings.items()):
        file = folder / f"settings-{number}"
        file.write_text(text)
        mounted[file] = place
    name = builder.build(dockerfile, bento.path, tag="medimage-bentoml-test", mounted=mounted)
    yield name
    builder.remove(name)


def test_it_answers_as_on_this_machine(image: str, builder: ImageBuilder, bento: PackagedBento, tmp_path: Path) -> None:
    settings = builder.settings(image)
    assert settings["User"] == "bentoml"
    data = encode(textured(3, size=100))
    onnx = (bento.path / "src" / "medimage" / "serving" / "model" / "model.onnx").read_bytes()
    with (
        builder.files(image) as files,
        serving_container(
            files,
            settings | {"User": f"{BENTOML_USER}:{BENTOML_USER}"},
            tmp_path,
            # Its own home is in the image, which cannot be written to when it is started read-only.
            environment={"BENTOML_HOME": "/tmp/bentoml"},
            user=BENTOML_USER,
        ) as served,
    ):
        response = served.client.post("/predict", files={"image": data})
        assert response.json()["probabilities"] == ImageClassifier(onnx, threads=1).predict(data).probabilities
