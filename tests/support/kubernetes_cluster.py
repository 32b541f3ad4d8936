"""What the stand-in for a cluster knows: objects, each validated as it comes."""

import json
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.kubernetes_pods import PodRunner

VERSION = "1.31"
"""Whose schemas objects are held to."""

KINDS = {
    "namespaces": ("Namespace", "v1"),
    "serviceaccounts": ("ServiceAccount", "v1"),
    "secrets": ("Secret", "v1"),
    "persistentvolumeclaims": ("PersistentVolumeClaim", "v1"),
    "pods": ("Pod", "v1"),
    "rolebindings": ("RoleBinding", "rbac.authorization.k8s.io/v1"),
    "jobs": ("Job", "batch/v1"),
    "cronjobs": ("CronJob", "batch/v1"),
}
"""Kind and version of an object by its name in paths."""

Manifest = dict[str, Any]


@dataclass
class Cluster:
    """What an API server knows.

    Attributes:
        runner: Runs jobs as processes; None keeps them as they are.
        objects: Objects by their plural and name.
        created: Every object as it was sent, in order.
        invalid: What is wrong with those that were refused.
        is_away: Whether it closes every connection on which something is to be read.
    """

    runner: PodRunner | None = None
    objects: dict[tuple[str, str], Manifest] = field(default_factory=dict)
    created: list[Manifest] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    is_away: bool = False
    lock: Any = field(default_factory=threading.RLock)

    def add(self, plural: str, name: str, **further: Any) -> None:
        """Puts an object there that somebody has made before."""
        self.objects[(plural, name)] = {"metadata": {"name": name}, **further}

    def jobs(self) -> list[Manifest]:
        """Returns every job as it was sent."""
        return [each for each in self.created if each["kind"] == "Job"]

    def create(self, plural: str, sent: Manifest) -> Manifest:
        """Keeps an object, and runs it where it is a job.

        Raises:
            ValueError: If it is none of its kind.
        """
        kind, version = KINDS[plural]
        manifest = {"apiVersion": version, "kind": kind, **{k: v for k, v in sent.items() if v is not None}}
        self._validate(manifest)
        with self.lock:
            name = manifest["metadata"]["name"]
            if (plural, name) in self.objects:
                raise FileExistsError(name)
            self.created.append(json.loads(json.dumps(manifest)))
            manifest["metadata"] |= {
                "uid": str(uuid.uuid4()),
                "creationTimestamp": datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            manifest["status"] = {}
            if plural == "jobs":
                _fill_in(manifest)
            self.objects[(plural, name)] = manifest
        if plural == "jobs" and self.runner is not None:
            self.runner.start(self, manifest)
        return manifest

    def change(self, plural: str, name: str, change: Manifest) -> Manifest:
        """Merges a change into an object, and returns the object.

        Raises:
            KeyError: If there is no such object.
            ValueError: If it would be none of its kind any more.
        """
        with self.lock:
            one = self.objects[(plural, name)]
            changed = _merged(one, change)
            self._validate(changed)
            # The very same object: what runs it writes its status there.
            one.update(changed)
            return one

    def listed(self, plural: str, query: dict[str, str]) -> list[Manifest]:
        """Returns the objects that a query asks for, by labels and phase."""
        labels = dict(part.split("=", 1) for part in query.get("labelSelector", "").split(",") if part)
        phase = query.get("fieldSelector", "").removeprefix("status.phase=")
        with self.lock:
            return [
                one
                for (kind, _), one in self.objects.items()
                if kind == plural
                and labels.items() <= one["metadata"].get("labels", {}).items()
                and (not phase or one.get("status", {}).get("phase") == phase)
            ]

    def delete(self, plural: str, name: str) -> bool:
        """Removes an object, and the pods of a job; returns whether there was one."""
        with self.lock:
            found = self.objects.pop((plural, name), None) is not None
        if plural == "jobs" and self.runner is not None:
            self.runner.stop(self, name)
        return found

    def _validate(self, manifest: Manifest) -> None:
        # Imported here because only tests of stacks need it.
        import kubernetes_validate

        try:
            kubernetes_validate.validate(manifest, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            told = f"{manifest['kind']} {'.'.join(map(str, error.path))}: {error.message}"
            self.invalid.append(told)
            raise ValueError(told) from error


def _merged(target: Manifest, change: Manifest) -> Manifest:
    merged = dict(target)
    for name, value in change.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
    return merged


def _fill_in(job: Manifest) -> None:
    """Adds what a real API server adds, without which its clients refuse what they read."""
    job["spec"]["template"]["metadata"].setdefault("labels", {})["job-name"] = job["metadata"]["name"]
    for rule in job["spec"].get("podFailurePolicy", {}).get("rules", []):
        for condition in rule.get("onPodConditions", []) or []:
            condition.setdefault("status", "True")
