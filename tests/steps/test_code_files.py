import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from medimage.workspace import project_root
from steps.code_files import code_files


def test_a_step_depends_on_itself_its_materializer_and_helpers_of_helpers() -> None:
    files = code_files("steps.split_dataset")
    for expected in (
        "steps/split_dataset.py",
        "materializers/split.py",
        "medimage/data/splitting.py",
        "medimage/data/partition.py",
        "medimage/__init__.py",
    ):
        assert expected in files
    assert all((project_root() / file).is_file() for file in files)


@pytest.mark.parametrize(
    ("step", "helper", "used"),
    [
        ("steps.train_stage2", "medimage/training/loop.py", True),
        ("steps.train_stage2", "medimage/models/heads.py", True),
        ("steps.train_stage2", "medimage/evaluation/gate/gate.py", False),
        ("steps.train_stage2", "medimage/config/gate.py", False),
        ("steps.find_batch_size", "medimage/models/batch_limits.py", True),
        ("steps.find_batch_size", "medimage/config/gate.py", False),
        ("steps.train_stage2", "medimage/evaluation/figures/reliability.py", False),
        ("steps.download_dataset", "medimage/data/synthetic/generator.py", True),
        ("steps.download_dataset", "medimage/training/loop.py", False),
        ("steps.download_dataset", "medimage/config/training.py", False),
        ("steps.medical_validation_gate", "medimage/evaluation/gate/gate.py", True),
        ("steps.medical_validation_gate", "medimage/training/loop.py", False),
        ("steps.prepare_pixels", "medimage/serving/preprocessing.py", True),
        ("steps.package_bento", "medimage/serving/service.py", True),
        ("steps.package_bento", "medimage/serving/dicom/decode.py", True),
        ("steps.package_bento", "README.md", False),
    ],
)
def test_helpers_belong_to_the_steps_that_use_them_and_to_no_others(step: str, helper: str, used: bool) -> None:
    assert (helper in code_files(step)) is used


def test_imports_inside_functions_count() -> None:
    source = (project_root() / "steps" / "evaluate_model.py").read_text()
    assert "    from medimage.models.judged import" in source
    assert "medimage/models/judged.py" in code_files("steps.evaluate_model")


def test_templates_and_tables_that_a_module_names_belong_to_it() -> None:
    assert "medimage/evaluation/report/report.html.j2" in code_files("steps.write_report")
    assert "medimage/models/architectures.yaml" in code_files("steps.train_stage1")


def test_nothing_outside_the_project_is_named() -> None:
    assert not [file for file in code_files("steps.write_report") if Path(file).is_absolute() or ".venv" in file]


def test_no_import_that_pythons_own_parser_finds_is_overlooked() -> None:
    overlooked = {}
    for step in sorted((project_root() / "steps").glob("*.py")):
        files = set(code_files(f"steps.{step.stem}"))
        needed = {needed for file in files if file.endswith(".py") for needed in _needed(project_root() / file)}
        overlooked |= {step.stem: needed - files} if needed - files else {}
    assert not overlooked


@cache
def _needed(file: Path) -> frozenset[str]:
    """Returns the files that a first-party file imports or names, by the parser."""
    return frozenset(_parsed(file))


def _parsed(file: Path) -> Iterator[str]:
    root = project_root()
    for node in ast.walk(ast.parse(file.read_text())):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w[\w./-]+", node.value):
            named = (root if "/" in node.value else file.parent) / node.value
            if named.is_file():
                yield named.relative_to(root).as_posix()
        for module in modules:
            if module.partition(".")[0] in ("medimage", "materializers", "steps"):
                base = root.joinpath(*module.split("."))
                found = [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
                yield from (path.relative_to(root).as_posix() for path in found[:1])
