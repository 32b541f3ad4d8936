"""The evidence of a finished run: its documents beside its report, and the file that binds them."""

import datetime
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from medimage.config.loading import config_hash, config_to_yaml
from medimage.config.reduced_precision import ReducedPrecision
from medimage.config.run import RunConfig
from medimage.data.folds_hash import hash_of_splits
from medimage.dossier.dossier import CARD_FILE, DOSSIER_FILE
from medimage.evidence.bill_of_materials import BILL_FILE, versions_in
from medimage.evidence.binding import bind_folder
from medimage.evidence.canonical_json import canonical_bytes
from medimage.evidence.code_state import CODE_FILE, code_sha256, current_commit, source_files
from medimage.evidence.images_list import IMAGES_FILE, case_numbers, images_list
from medimage.evidence.keys import signing_key
from medimage.evidence.manifest import Fact
from medimage.evidence.predictions_list import predictions_list
from medimage.export.exported_format import FILE_NAMES
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.machine import processor_name
from medimage.registry.evidence import evidence_hash
from medimage.registry.evidence_log import log_evidence
from medimage.whole_file import write_whole
from medimage.workspace import project_root
from pipelines.run_files import PRECISION_FILE, load_precisions, precision_file, run_folder
from pipelines.run_outcome import step_statuses
from pipelines.run_outputs import RunOutputs
from pipelines.run_snapshot import RunSnapshot

_PACKAGES: Final = ("medimage", "numpy", "onnxruntime", "pillow", "timm", "torch", "zenml")

_ALREADY_THERE: Final = {
    "report.html": "report",
    **{file: name for name, file in FILE_NAMES.items()},
    **{precision_file(each): f"onnx_{each}" for each in get_args(ReducedPrecision)},
    PRECISION_FILE: "precision",
    BILL_FILE: "sbom",
    CARD_FILE: "card",
    DOSSIER_FILE: "dossier",
}
"""What a run's outcome has put into its folder → what it is."""


def write_run_evidence(run: RunSnapshot, *, config: RunConfig, experiment: str) -> Path:
    """Writes what a run rests on beside its report and its graph, which lie there already, and binds all of it.

    It is written for every run that came to a verdict, whatever that is.

    Args:
        run: The run.
        config: Its configuration.
        experiment: MLflow experiment, where the evidence goes as well.

    Returns:
        The `evidence.json`.

    Raises:
        ConfigurationError: If the key to sign with cannot be read.
        StorageError: If a file cannot be written.
    """
    folder, outputs, code = run_folder(run), RunOutputs.of(run), source_files(project_root())
    documents = {**_documents(outputs, config), CODE_FILE: ("code", canonical_bytes({"files": code}))}
    for name, (_, content) in documents.items():
        write_whole(folder / name, content)
    roles = {name: role for name, (role, _) in documents.items()}
    versions = versions_in((folder / BILL_FILE).read_bytes())
    path = bind_folder(
        folder,
        roles=roles | {name: role for name, role in _ALREADY_THERE.items() if (folder / name).is_file()},
        claims={
            **_claims(outputs, config),
            **_claims_on_served(load_precisions(run)),
            "code_sha256": code_sha256(code),
        },
        # Those that the report was written with: where it came from the cache, others may be installed by now.
        packages={name: version for name, version in versions.items() if name in _PACKAGES},
        circumstances=_circumstances(run),
        elsewhere=outputs.weights,
        key=signing_key(config.evidence.signing_key),
    )
    log_evidence(path, experiment=experiment, run_id=run.name, registered=outputs.registered)
    return path


def _documents(outputs: RunOutputs, config: RunConfig) -> dict[str, tuple[str, bytes]]:
    """Returns what is to lie in the folder: name → what it is, and its content."""
    cases = case_numbers(outputs.splits.values(), [each.test for each in outputs.evaluations.values()])
    # Where images were not divided, the predictions list them all.
    divided = {IMAGES_FILE: ("images", images_list(outputs.splits, cases=cases))} if outputs.splits else {}
    return {
        "config.yaml": ("configuration", config_to_yaml(config).encode()),
        **divided,
        "predictions.parquet": ("predictions", predictions_list(outputs.evaluations, cases=cases)),
        "gate.json": ("gate", _json({name: gate.to_dict() for name, (gate, _) in outputs.judged.items()})),
        "metrics.json": ("metrics", _json({name: each.to_dict() for name, (_, each) in outputs.judged.items()})),
    }


def _claims(outputs: RunOutputs, config: RunConfig) -> dict[str, Fact]:
    splits = list(outputs.splits.values())
    data_hash = None
    if splits:
        data_hash = splits[0].content_hash if len(splits) == 1 else hash_of_splits(splits)
    judged = dict(sorted(outputs.judged.items()))
    registered = outputs.registered
    return {
        "problem": config.problem,
        "source": config.data.source,
        "configuration_sha256": config_hash(config),
        "image_table_sha256": outputs.images.content_hash,
        "split_sha256": data_hash,
        "test_set": str(splits[0].test_set) if len(splits) == 1 and splits[0].test_set else None,
        **{_named("verdict", name): gate.verdict.value for name, (gate, _) in judged.items()},
        **{_named("evidence_sha256", name): evidence_hash(each, gate) for name, (gate, each) in judged.items()},
        "model": registered.name if registered else None,
        "model_version": registered.version if registered else None,
    }


def _claims_on_served(choice: PrecisionChoice | None) -> dict[str, Fact]:
    """Returns which graph is served where others were tried, with the evidence on its own answers."""
    if choice is None:
        return {}
    adopted = choice.adopted
    return {
        "served_precision": choice.served,
        "full_precision_onnx_sha256": choice.full_sha256,
        **(
            {}
            if adopted is None
            else {"served_onnx_sha256": adopted.sha256, "served_evidence_sha256": adopted.evidence_hash}
        ),
    }


def _circumstances(run: RunSnapshot) -> dict[str, Fact]:
    commit = current_commit()
    cached = [name for name, step in step_statuses(run).items() if step["status"] == "cached"]
    return {
        "run_id": str(run.id),
        "run_name": run.name,
        "written": datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
        "processor": processor_name(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "commit": commit.sha,
        "commit_is_clean": commit.is_clean,
        "no_commit_because": commit.reason,
        "steps_from_cache": ", ".join(cached),
    }


def _named(claim: str, branch: str) -> str:
    return f"{claim}_of_{branch}" if branch else claim


def _json(of_each: Mapping[str, Any]) -> bytes:
    """Returns the one value there is, or all of them by their names."""
    return canonical_bytes(of_each[""] if set(of_each) == {""} else dict(of_each))
