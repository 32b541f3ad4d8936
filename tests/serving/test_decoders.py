import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from medimage.serving.decoders import decoder_versions
from medimage.serving.dicom import frame
from tests.conftest import PROJECT


def test_what_is_installed_is_named_with_its_version() -> None:
    found = decoder_versions()
    for package in ("numpy", "pillow", "simplejpeg", "pydicom", "pylibjpeg", "pylibjpeg-openjpeg", "python-gdcm"):
        assert found[package] == version(package)


def test_every_plugin_that_compressed_frames_need_is_named() -> None:
    plugins = set(frame._DECODERS.values())
    for plugin in plugins:
        assert any(plugin in package for package in decoder_versions())
    assert plugins == {"pillow", "gdcm", "pylibjpeg"}


def test_another_version_is_seen_and_what_is_not_installed_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pylibjpeg_openjpeg-99.5.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: pylibjpeg-openjpeg\nVersion: 99.5\n")
    installed = set(decoder_versions())
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert decoder_versions() == {**dict.fromkeys(installed, "absent"), "pylibjpeg-openjpeg": "99.5"}


def test_asking_imports_no_decoder() -> None:
    program = (
        "import sys; from medimage.serving.decoders import decoder_versions; decoder_versions()\n"
        "print(sorted({'numpy', 'PIL', 'simplejpeg', 'pydicom', 'openjpeg', 'gdcm'} & set(sys.modules)))"
    )
    finished = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
