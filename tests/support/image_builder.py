"""Container images built by buildah, without a daemon and without a registry of images."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.secret_index import certificates, secret_index

_PROGRAMS = ("buildah", "debootstrap", "runc")
BASE = "localhost/medimage-base:bookworm"
"""The base image, in place of the official Python image."""


def why_no_images() -> str:
    """Returns why no image can be built and started here; empty where one can."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"there is no {' and no '.join(missing)}: apt-get install {' '.join(missing)}"
    return "" if os.geteuid() == 0 else "debootstrap and runc need root"


@dataclass(frozen=True)
class ImageBuilder:
    """Images in a storage of their own, so that those of the machine's user stay as they are.

    Attributes:
        folder: The storage. It keeps the base image from one run to the next.
    """

    folder: Path

    @classmethod
    def with_base(cls) -> "ImageBuilder":
        """Returns a builder, with the base image made where it is not there from before.

        The base is Debian 12 with its Python 3.11, in place of the official Python image, which needs a registry.
        """
        caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        builder = cls(Path(os.environ.get("MEDIMAGE_TEST_IMAGES") or caches / "medimage-test-images"))
        builder.folder.mkdir(parents=True, exist_ok=True)
        if not builder.images(BASE):
            builder._make_base()
        return builder

    def _make_base(self) -> None:
        root = self.folder / "base"
        shutil.rmtree(root, ignore_errors=True)
        packages = "python3,python3-venv,python3-pip,ca-certificates"
        _finished(["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", str(root)])
        # Debian wants its own Python left alone; in the official image Python is there to be added to.
        for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
            marker.unlink()
        shutil.rmtree(root / "var" / "cache" / "apt" / "archives")
        container = self.run("from", "scratch")
        self.run("add", "--quiet", container, str(root), "/")
        self.run("commit", "--quiet", "--rm", container, BASE)
        shutil.rmtree(root)

    def run(self, *arguments: str) -> str:
        """Runs buildah and returns what it prints."""
        storage = ("--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run"))
        return _finished(["buildah", *storage, *arguments]).strip()

    def images(self, name: str) -> list[dict[str, Any]]:
        """Returns the images of a name, none or one."""
        every = json.loads(self.run("images", "--json"))
        return [image for image in every if name in (image.get("names") or ())]

    def build(self, dockerfile: Path, context: Path, *, tag: str, mounted: dict[Path, str] | None = None) -> str:
        """Builds an image on the base and returns its name.

        Packages come through an index with a password, which Dockerfiles are given as a secret.

        Args:
            dockerfile: What to build.
            context: Folder that it copies from.
            tag: What to call the image.
            mounted: Files of this machine that are there while it is built, by where they are.
        """
        name = f"localhost/{tag}"
        settings = self.folder / "pip.conf"
        options = ["--build-arg", f"BASE={BASE}", "--secret", f"id=pip.conf,src={settings}"]
        with secret_index() as address:
            lines = ["[global]", f"index-url = {address}"]
            if (trusted := certificates()) is not None:
                options += ["--secret", f"id=ca.pem,src={trusted}"]
                lines.append("cert = /run/secrets/ca.pem")
            settings.write_text("\n".join(lines) + "\n")
            for here, there in (mounted or {}).items():
                options += ["--volume", f"{here}:{there}:ro"]
            # Docker's format, because the other one has no health check; chroot, because no network is to be set up.
            how = ("--isolation", "chroot", "--format", "docker")
            self.run("build", *how, *options, "--file", str(dockerfile), "--tag", name, str(context))
        settings.unlink()
        return name

    def settings(self, name: str) -> dict[str, Any]:
        """Returns how an image says that it is to be started."""
        return json.loads(self.run("inspect", "--type", "image", name))["Docker"]["config"]

    def description(self, name: str) -> str:
        """Returns everything that an image says about itself, its history included."""
        return self.run("inspect", "--type", "image", name)

    @contextmanager
    def files(self, name: str) -> Iterator[Path]:
        """Gives the folder of an image's files, as a container of its own would see them."""
        container = self.run("from", "--pull-never", name)
        try:
            yield Path(self.run("mount", container))
        finally:
            self.run("rm", container)

    def remove(self, name: str) -> None:
        """Removes an image."""
        self.run("rmi", "--force", name)


def _finished(command: list[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}:\n{(result.stdout + result.stderr)[-4000:]}"
    return result.stdout
