"""Which files a step's result depends on: itself and all first-party code it reaches.

ZenML's cache key covers the code of a step's function, but not that of the helpers it calls. So every step names the
files behind it. They are found by reading import statements, without importing anything.
"""

import ast
import hashlib
import re
from functools import cache
from pathlib import Path

from zenml.config.cache_policy import CachePolicy

from medimage.workspace import project_root

_FIRST_PARTY = ("medimage", "materializers", "steps")
_FILE_NAME = re.compile(r"[\w-]+([./][\w-]+)*\.[\w-]+")


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
    """Returns the names a file imports, and the files that it reads."""
    imported: set[str] = set()
    resources = {beside for beside in path.parent.glob(f"{path.stem}.*") if beside != path}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _FILE_NAME.fullmatch(node.value):
            named = (project_root() if "/" in node.value else path.parent) / node.value
            if named.is_file():
                resources.add(named)
    return frozenset(imported), frozenset(resources)
