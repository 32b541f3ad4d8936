"""The software bill of materials: every installed distribution, as CycloneDX.

Source: OWASP CycloneDX, version 1.6 (Ecma International, ECMA-424).
"""

import json
import sys
import uuid
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

from medimage.evidence.canonical_json import canonical_bytes

BILL_FILE: Final = "sbom.json"

_PROJECT: Final = "medimage"

_LONGEST_LICENSE: Final = 120
"""Some distributions write the whole text of their license where its name belongs."""


def bill_of_materials(installed: Iterable[Distribution] | None = None) -> bytes:
    """Returns the distributions of an environment as CycloneDX 1.6 JSON: version, licenses, package URL, dependencies.

    The same environment gives the same bytes: there is no time in it, and its serial number follows from the rest.

    Args:
        installed: Distributions; those of this environment when not given.
    """
    # Imported here because it takes half a second, and this module is imported for its file's name as well.
    from cyclonedx.model.bom import Bom  # noqa: PLC0415
    from cyclonedx.model.dependency import Dependency  # noqa: PLC0415
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    # The first of a name is the one that Python imports.
    found: dict[str, tuple[Any, Distribution]] = {}
    for distribution in installed_distributions() if installed is None else installed:
        # Held, because every look at a distribution's metadata reads and parses its file again.
        stated = distribution.metadata
        if stated["Name"]:
            found.setdefault(canonicalize_name(stated["Name"]), (stated, distribution))
    components = {name: _component(name, found[name][0]) for name in sorted(found)}
    # The decorators of the library hide what its classes take.
    make_bom: Any = Bom
    make_dependency: Any = Dependency
    bom = make_bom(
        components=[component for name, component in components.items() if name != _PROJECT],
        # All at once: registered one by one, each would be looked for among all before it.
        dependencies=[
            make_dependency(
                component.bom_ref,
                [make_dependency(components[other].bom_ref) for other in _needed(*found[name]) if other in components],
            )
            for name, component in components.items()
        ],
    )
    bom.metadata.component = components.get(_PROJECT)
    values: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    del values["metadata"]["timestamp"], values["serialNumber"]
    return canonical_bytes({**values, "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, _text(values)).urn})


def installed_distributions() -> Iterator[Distribution]:
    """Yields the distributions that installers have put into this environment.

    Not all that this process sees: setuptools puts a folder of its own, with other versions of some packages, on the
    path as soon as anything imports it.
    """
    folders = dict.fromkeys(entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages"))
    yield from distributions(path=list(folders))


def versions_in(bill: bytes) -> dict[str, str]:
    """Returns the version of each distribution that a bill of materials lists, by its normalised name.

    Args:
        bill: What `bill_of_materials` gave.
    """
    values = json.loads(bill)
    listed = [*values.get("components", []), *([root] if (root := values["metadata"].get("component")) else [])]
    return {component["name"]: component["version"] for component in listed}


def _component(name: str, stated: Any) -> Any:
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    make_component: Any = Component
    url = PackageURL(type="pypi", name=name, version=stated["Version"])
    return make_component(
        name=name,
        version=stated["Version"],
        type=ComponentType.APPLICATION if name == _PROJECT else ComponentType.LIBRARY,
        bom_ref=url.to_string(),
        purl=url,
        description=_first(stated, "Summary") or None,
        licenses=list(_licenses(stated)),
    )


def _licenses(stated: Any) -> Iterator[Any]:
    """Yields what a distribution says of its license: an expression of SPDX, else names as it gives them."""
    from cyclonedx.contrib.license.factories import LicenseFactory  # noqa: PLC0415

    factory = LicenseFactory()
    expression, name = _first(stated, "License-Expression"), _first(stated, "License").strip()
    classified = [
        classifier.rpartition(" :: ")[2]
        for classifier in stated.get_all("Classifier") or []
        if classifier.startswith("License ::") and not classifier.endswith("OSI Approved")
    ]
    if expression:
        yield factory.make_from_string(expression)
    elif name and len(name) <= _LONGEST_LICENSE and "\n" not in name and name.upper() != "UNKNOWN":
        yield factory.make_from_string(name)
    else:
        for each in sorted(set(classified)):
            yield factory.make_with_name(each)


def _first(stated: Any, field: str) -> str:
    return str(next(iter(stated.get_all(field) or []), ""))


def _needed(stated: Any, distribution: Distribution) -> list[str]:
    """Returns the normalised names of what a distribution needs here, without its extras."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    # Old installers wrote them into a file of their own.
    elsewhere = distribution.requires if distribution.read_text("requires.txt") else None
    names: set[str] = set()
    for text in stated.get_all("Requires-Dist") or elsewhere or []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # old distributions write what no installer reads either
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            names.add(canonicalize_name(requirement.name))
    return sorted(names)


def _text(values: dict[str, Any]) -> str:
    return canonical_bytes(values).decode("ascii")
