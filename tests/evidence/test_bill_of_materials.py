"""The bill of materials: valid, complete, and the same every time."""

import json
import os
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, PathDistribution, distributions, version
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from medimage.evidence.bill_of_materials import bill_of_materials, versions_in
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def bill() -> bytes:
    return bill_of_materials()


def installed(folder: Path, name: str, *lines: str, number: str = "1.0") -> Distribution:
    place = folder / f"{name}-{number}.dist-info"
    place.mkdir()
    text = "\n".join(("Metadata-Version: 2.4", f"Name: {name}", f"Version: {number}", *lines))
    (place / "METADATA").write_text(text + "\n")
    return PathDistribution(place)


def only_component(bill: bytes) -> dict:
    (component,) = json.loads(bill)["components"]
    return component


def test_it_is_valid_by_the_schema_of_the_standard(bill: bytes) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode()) is None
    values = json.loads(bill)
    assert (values["bomFormat"], values["specVersion"]) == ("CycloneDX", "1.6")


def test_the_schema_refuses_what_is_wrong(bill: bytes) -> None:
    values = json.loads(bill)
    values["components"][0]["type"] = "spell"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(values)) is not None


def test_every_distribution_is_listed_with_its_version_and_package_url(bill: bytes) -> None:
    def normal(name: str) -> str:
        return name.lower().replace("_", "-").replace(".", "-")

    site = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    assert versions_in(bill) == {normal(each.metadata["Name"]): each.version for each in distributions(path=site)}
    for component in json.loads(bill)["components"]:
        url = PackageURL.from_string(component["purl"])
        assert (url.type, url.name, url.version) == ("pypi", component["name"], component["version"])
    root = json.loads(bill)["metadata"]["component"]
    assert (root["name"], root["version"]) == ("medimage", version("medimage"))


def test_nearly_every_distribution_states_a_license(bill: bytes) -> None:
    components = json.loads(bill)["components"]
    without = [component["name"] for component in components if not component.get("licenses")]
    assert len(without) < 0.05 * len(components), without


def test_dependencies_are_those_that_are_needed_here(bill: bytes) -> None:
    needed = {entry["ref"]: entry.get("dependsOn", []) for entry in json.loads(bill)["dependencies"]}
    (own,) = (refs for ref, refs in needed.items() if ref.startswith("pkg:pypi/medimage@"))
    assert f"pkg:pypi/torch@{version('torch')}".replace("+", "%2B") in own
    assert not any(ref.startswith("pkg:pypi/pytest@") for ref in own)


def test_another_process_in_the_same_environment_gives_the_same_bytes(bill: bytes) -> None:
    code = "import sys; from medimage.evidence.bill_of_materials import *; sys.stdout.buffer.write(bill_of_materials())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    again = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, check=True)
    assert again.stdout == bill


def test_what_a_package_brings_for_itself_alone_is_not_listed(bill: bytes) -> None:
    """Importing setuptools puts its own copies of some packages on the path, in other versions."""
    code = (
        "import sys, setuptools; sys.path.insert(0, setuptools.__path__[0] + '/_vendor'); "
        "from medimage.evidence.bill_of_materials import *; sys.stdout.buffer.write(bill_of_materials())"
    )
    again = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, check=True)
    assert again.stdout == bill


def test_nothing_of_this_machine_is_in_it(bill: bytes) -> None:
    for private in (str(PROJECT), str(Path.home()), "timestamp"):
        assert private.encode() not in bill


def test_another_version_is_another_bill(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    one, two = installed(tmp_path, "x"), installed(tmp_path / "a", "x", number="1.1")
    serials = [json.loads(bill_of_materials([each]))["serialNumber"] for each in (one, two)]
    assert serials[0] != serials[1]
    assert bill_of_materials([one]) == bill_of_materials([one])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["License-Expression: Apache-2.0 OR BSD-3-Clause"], [{"expression": "Apache-2.0 OR BSD-3-Clause"}]),
        (["License-Expression: MIT", "License: something else"], [{"license": {"id": "MIT"}}]),
        (["License: MIT"], [{"license": {"id": "MIT"}}]),
        (["License: My own, and nobody's"], [{"license": {"name": "My own, and nobody's"}}]),
        (
            ["License: UNKNOWN", "Classifier: License :: OSI Approved :: BSD License"],
            [{"license": {"name": "BSD License"}}],
        ),
        (
            [f"License: {'word ' * 50}", "Classifier: License :: Public Domain"],
            [{"license": {"name": "Public Domain"}}],
        ),
        (["Classifier: License :: OSI Approved"], []),
        ([], []),
    ],
)
def test_a_license_is_told_as_it_is_stated(tmp_path: Path, lines: list[str], expected: list[dict]) -> None:
    bill = bill_of_materials([installed(tmp_path, "x", *lines)])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode()) is None
    found = [
        {kind: {"id": value["id"]} if "id" in value else {"name": value["name"]} if isinstance(value, dict) else value}
        if kind == "license"
        else {kind: value}
        for entry in only_component(bill).get("licenses", [])
        for kind, value in entry.items()
        if kind in ("license", "expression")
    ]
    assert found == expected


def test_of_two_distributions_of_one_name_the_one_that_python_imports_is_listed(tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    first, second = installed(tmp_path, "A_b"), installed(tmp_path / "later", "a.b", number="2.0")
    assert versions_in(bill_of_materials([first, second])) == {"a-b": "1.0"}


def test_requirements_that_nobody_can_read_are_left_out(tmp_path: Path) -> None:
    other = installed(tmp_path, "other")
    one = installed(tmp_path, "one", "Requires-Dist: other", "Requires-Dist: @@@", 'Requires-Dist: gone; extra == "x"')
    values = json.loads(bill_of_materials([one, other]))
    needed = {entry["ref"]: entry.get("dependsOn", []) for entry in values["dependencies"]}
    assert needed["pkg:pypi/one@1.0"] == ["pkg:pypi/other@1.0"]
