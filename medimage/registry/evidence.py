"""The hash that stands for everything that was proven about a model."""

import hashlib
import json

from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport

_NOT_EVIDENCE = ("latency", "candidates")


def evidence_hash(evaluation: Evaluation, gate_report: GateReport) -> str:
    """Returns the SHA-256 of what was measured on which images, and of the verdict.

    The same evidence must have the same hash. So how long an image took is left out, which differs from run to run,
    and so is how many models have been judged on the images, which grows with every other model.

    Args:
        evaluation: What was measured.
        gate_report: The verdict.
    """
    measured = {name: value for name, value in evaluation.to_dict().items() if name not in _NOT_EVIDENCE}
    verdicts = [
        {key: value for key, value in criterion.items() if criterion["name"] != "latency_p95_ms" or key == "verdict"}
        for criterion in gate_report.to_dict()["criteria"]
    ]
    digest = hashlib.sha256(json.dumps([measured, verdicts], sort_keys=True).encode())
    digest.update("\n".join(evaluation.test.image_ids).encode())
    digest.update(evaluation.test.logits.tobytes())
    return digest.hexdigest()
