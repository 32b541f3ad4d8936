"""Containers that runc starts as Docker would: as the image's user, read-only, without any capability."""

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAMESPACES = ("pid", "ipc", "uts", "mount")
_KINDS_OF_CAPABILITIES = ("bounding", "effective", "permitted", "inheritable", "ambient")
_HIDDEN = ("/proc/kcore", "/proc/keys", "/proc/sysrq-trigger")


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container that runs.

    Attributes:
        name: What runc calls it.
        process: The process that started it, and ends with its exit code.
        output: File with what it prints.
    """

    name: str
    process: subprocess.Popen[bytes]
    output: Path

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs another command in it, as its user."""
        return subprocess.run(["runc", "exec", self.name, *command], capture_output=True, text=True, check=False)

    def processes(self) -> dict[int, str]:
        """Returns the command lines of its processes, by their number on this machine."""
        listed = subprocess.run(["runc", "ps", "--format", "json", self.name], capture_output=True, check=True)
        return {
            number: Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            for number in json.loads(listed.stdout)
        }

    def end(self, *, seconds: float) -> int:
        """Sends SIGTERM as `docker stop` does, and returns the exit code."""
        subprocess.run(["runc", "kill", self.name, "TERM"], check=True)
        return self.process.wait(timeout=seconds)


@contextmanager
def container(
    root: Path,
    settings: Mapping[str, Any],
    *,
    folder: Path,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    mounted: Mapping[Path, str] | None = None,
    own_network: bool = False,
) -> Iterator[Container]:
    """Starts a container and ends it with the block.

    Args:
        root: The image's files.
        settings: The image's settings.
        folder: An empty folder for what runc needs.
        arguments: What follows the image's entry point.
        environment: Variables beside the image's own.
        mounted: Folders and files of this machine that can be written to, by where they are in it.
        own_network: Whether it has a network of its own, which leads nowhere, in place of this machine's.
    """
    folder.mkdir(parents=True)
    # Docker and Kubernetes give every container such a file.
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    variables = [*settings["Env"], *(f"{name}={value}" for name, value in (environment or {}).items())]
    user, _, group = settings["User"].partition(":")
    namespaces = (*_NAMESPACES, *(("network",) if own_network else ()))
    description = {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": int(user), "gid": int(group)},
            "args": [*settings["Entrypoint"], *arguments],
            "env": variables,
            "cwd": settings["WorkingDir"],
            "noNewPrivileges": True,
            "capabilities": {kind: [] for kind in _KINDS_OF_CAPABILITIES},
        },
        "root": {"path": str(root), "readonly": True},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            _memory("/dev", "mode=755", "size=64m"),
            _memory("/dev/shm", "nodev", "noexec", "mode=1777", "size=512m"),
            _memory("/tmp", "nodev", "noexec", "mode=1777", "size=2g"),
            *(
                {"destination": there, "type": "bind", "source": str(here), "options": ["rbind", "rw"]}
                for here, there in {hosts: "/etc/hosts", **(mounted or {})}.items()
            ),
        ],
        "linux": {"namespaces": [{"type": kind} for kind in namespaces], "maskedPaths": list(_HIDDEN)},
    }
    (folder / "config.json").write_text(json.dumps(description))
    name = f"medimage-test-{uuid.uuid4().hex[:12]}"
    output = folder / "output.log"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            ["runc", "run", "--bundle", str(folder), name],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Container(name=name, process=process, output=output)
    finally:
        if process.poll() is None:
            subprocess.run(["runc", "kill", name, "KILL"], check=False)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=30)
        subprocess.run(["runc", "delete", "--force", name], check=False, capture_output=True)


def wait_until_healthy(running: Container, check: Sequence[str]) -> None:
    """Runs a health check in a container until it succeeds; fails where it does not within two minutes."""
    for _ in range(240):
        if running.process.poll() is not None:
            break
        if running.execute(*check).returncode == 0:
            return
        time.sleep(0.5)
    raise AssertionError(f"the container is not healthy:\n{running.output.read_text()[-3000:]}")


def _memory(destination: str, *options: str) -> dict[str, Any]:
    return {"destination": destination, "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", *options]}
