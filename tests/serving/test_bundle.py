import dataclasses
import json
import re
import sys
from pathlib import Path

import pytest
import yaml

import medimage
from medimage.errors import PackagingError, StorageError
from medimage.serving import bundle
from medimage.serving.bento_contents import LOCK, SOURCES
from medimage.serving.bento_requirements import locked_requirements
from medimage.serving.bundle import PackagedBento, build_bento
from steps.code_files import code_files
from tests.support.exported import make_card, make_exported

CARD = make_card().with_version("1.0.0").to_dict()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bentoml")


@pytest.fixture(scope="module")
def bento(home: Path) -> PackagedBento:
    return build_bento(exported=make_exported(), card=CARD, name="medimage-test", bento_home=home)


def test_bento_holds_the_model_and_its_card(bento: PackagedBento) -> None:
    folder = bento.path / "src" / "medimage" / "serving" / "model"
    assert (folder / "model.onnx").read_bytes() == make_exported().onnx
    assert json.loads((folder / "card.json").read_text())["version"] == "1.0.0"
    assert bento.tag == f"medimage-test:{bento.path.name}"


def test_second_build_gives_the_bento_that_is_there(bento: PackagedBento, home: Path) -> None:
    made = (bento.path / "bento.yaml").stat().st_mtime_ns
    again = build_bento(exported=make_exported(), card=CARD, name="medimage-test", bento_home=home)
    assert again == bento
    assert (bento.path / "bento.yaml").stat().st_mtime_ns == made


def test_another_model_gives_another_version(bento: PackagedBento, home: Path) -> None:
    other = build_bento(exported=make_exported(slope=2.0), card=CARD, name="medimage-test", bento_home=home)
    assert other.tag != bento.tag
    assert bento.path.exists()


def test_half_written_bento_is_built_again(tmp_path: Path) -> None:
    built = build_bento(exported=make_exported(), card=CARD, name="medimage-test", bento_home=tmp_path)
    model = built.path / "src" / "medimage" / "serving" / "model" / "model.onnx"
    model.write_bytes(model.read_bytes()[:50])
    again = build_bento(exported=make_exported(), card=CARD, name="medimage-test", bento_home=tmp_path)
    assert again == built
    assert model.read_bytes() == make_exported().onnx


def test_packages_are_exact_and_without_pytorch(bento: PackagedBento) -> None:
    requirements = (bento.path / "env" / "python" / "requirements.txt").read_text().split()
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", requirement) for requirement in requirements)
    names = {requirement.partition("==")[0] for requirement in requirements}
    assert {"bentoml", "onnxruntime", "numpy", "pillow"} <= names
    assert not names & {"torch", "timm", "zenml", "mlflow"}
    assert len(names) == len(requirements)


def test_a_bento_carries_the_hashes_of_its_packages(bento: PackagedBento) -> None:
    lock = (bento.path / "src" / LOCK).read_text()
    asked_for = (bento.path / "env" / "python" / "requirements.txt").read_text().split()
    assert set(asked_for) == {f"{locked.name}{locked.specifier}" for locked in locked_requirements(lock)}


def test_bento_names_no_path_of_this_machine(bento: PackagedBento, home: Path) -> None:
    project = str(Path(bundle.__file__).parents[2])
    for file in bento.path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for path in (project, str(home), "medimage-bento-"):
                assert path.encode() not in content, f"{file} names {path}"


def test_options_lock_nothing_over_the_network(bento: PackagedBento) -> None:
    options = yaml.safe_load((bento.path / "src" / "bentofile.yaml").read_text())
    assert options["python"]["lock_packages"] is False


def test_bentomls_own_image_is_an_ordinary_users_on_a_base_that_stays(bento: PackagedBento) -> None:
    dockerfile = (bento.path / "env" / "docker" / "Dockerfile").read_text()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"FROM docker.io/library/python:{python}-slim-bookworm AS" in dockerfile
    assert f"uv venv --python {python} " in dockerfile
    assert "USER bentoml" in dockerfile


@pytest.mark.parametrize("changes", [{"name": ""}, {"version": None}])
def test_card_without_identity_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected text under"):
        build_bento(exported=make_exported(), card=CARD | changes, name="medimage-test", bento_home=tmp_path)


def test_name_that_bentoml_refuses_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="could not build"):
        build_bento(exported=make_exported(), card=CARD, name="Not A Name", bento_home=tmp_path)
    assert not list(tmp_path.rglob("bento.yaml"))


def test_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        build_bento(exported=make_exported(), card=CARD, name="medimage-test", bento_home=home)


def test_packaged_bento_is_frozen(bento: PackagedBento) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        bento.tag = "other"  # type: ignore[misc]


def test_a_bento_holds_every_module_of_the_service() -> None:
    # The list is written out, because the step's cache key is made of the files that are named in the code.
    root = Path(medimage.__file__).parents[1]
    shipped = [path for kind in ("py", "html", "css", "js") for path in root.glob(f"medimage/serving/**/*.{kind}")]
    shipped += [*root.glob("medimage/decision/*.py"), root / "medimage/__init__.py"]
    left_out = {
        f"medimage/serving/{name}.py"
        for name in ("bento_archive", "bento_contents", "bento_requirements", "bundle", "decoders")
    }
    assert set(SOURCES) == {path.relative_to(root).as_posix() for path in shipped} - left_out


def test_the_cache_key_of_packaging_covers_every_module_of_the_service() -> None:
    assert {*SOURCES, LOCK} <= set(code_files("steps.package_bento"))
