"""Which files a step's result depends on: itself and all first-party code it reaches.

ZenML's cache key covers the code of a step's function, but not that of the helpers it calls. So every step names the
files behind it. They are found by reading import statements, without importing anything, and by patterns: Python's own
parser takes a second for all steps, at the start of every command.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from zenml.config.cache_policy import CachePolicy

from medimage.workspace import project_root

_FIRST_PARTY = ("medimage", "materializers", "steps")
_IMPORT = re.compile(
    r"^[ \t]*(?:"
    r"from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]+)"
    r"|import[ \t]+(?P<modules>[^\n#]+)"
    r")",
    re.MULTILINE,
)
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_FILE_NAME = re.compile(r"""["']([\w-]+(?:[./][\w-]+)*\.[\w-]+)["']""")


def cache_on_code(module: str) -> CachePolicy:
    """Returns the policy by which a step runs again when code that it uses has changed.

    Args:
        module: The step's module, given as `__name__`.
    """
    return CachePolicy(file_dependencies=code_files(module))


def code_hash(module: str) -> str:
    """Returns the SHA-256 of a module and of all first-party code that it uses.

    Args:
        module: A first-party module, given as `__name__`.
    """
    digest = hashlib.sha256()
    for name in code_files(module):
        digest.update(f"{name} {hashlib.sha256((project_root() / name).read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def code_files(module: str) -> list[str]:
    """Returns the files of a module and of all first-party modules it imports, directly or through others.

    Files that a module names in a string count as well: those beside it, such as templates, and any by their path from
    the project's root. So do those that bear its own name, such as the table `architectures.yaml` of
    `architectures.py`.

    Args:
        module: Dotted name of a first-party module.

    Returns:
        Paths relative to the project's root, sorted.
    """
    root = project_root()
    found: set[Path] = set()
    waiting = [module]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _module_path(name)
        if path is None:
            continue
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        imported, resources = _read(path)
        found |= {path, *resources}
        waiting.extend(imported)
    return sorted(path.relative_to(root).as_posix() for path in found)


@cache
def _module_path(name: str) -> Path | None:
    """Returns the file of a first-party module, or None for anything else, such as a function in a module."""
    if name.partition(".")[0] not in _FIRST_PARTY:
        return None
    base = project_root().joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _read(path: Path) -> tuple[frozenset[str], frozenset[Path]]:
    """Returns the names a file imports, and the files that it reads; some more of both does no harm."""
    text = path.read_text(encoding="utf-8")
    imported: set[str] = set()
    for found in _IMPORT.finditer(text):
        module = found["module"]
        if module is None:
            imported.update(_NAME.findall(found["modules"]))
        else:
            imported |= {module, *(f"{module}.{name}" for name in _NAME.findall(found["names"]))}
    beside = {each for each in path.parent.glob(f"{path.stem}.*") if each != path}
    named = {(project_root() if "/" in name else path.parent) / name for name in _FILE_NAME.findall(text)}
    return frozenset(imported), frozenset(beside | {file for file in named if file.is_file()})
