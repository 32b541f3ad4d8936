"""Whether gaps between subgroups let a model pass."""

import math

from medimage.config.gate import GateConfig
from medimage.evaluation.gate.criterion import Criterion, Verdict
from medimage.evaluation.subgroups.sentences import warnings
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.wording import counted


def judge_subgroup_gaps(audit: SubgroupAudit, config: GateConfig) -> tuple[Criterion, ...]:
    """Judges that no gap between subgroups is flagged; no criterion where gaps are only shown.

    Args:
        audit: What was measured of the subgroups.
        config: Whether a flagged gap fails the gate.
    """
    if config.subgroup_gap == "show":
        return ()
    flagged, compared = len(audit.flagged), audit.comparisons
    if not compared:
        verdict = Verdict.INCONCLUSIVE
        note = "no two subgroups have cases enough to be compared, or data.metadata names none"
    elif flagged:
        verdict = Verdict.FAIL
        note = warnings(audit)[0].rstrip(".")
    else:
        verdict, note = Verdict.PASS, f"none in {counted(compared, 'comparison')}"
    images = audit.whole.accuracy
    return (
        Criterion(
            name="subgroup_gaps",
            scope="subgroups",
            estimate=float(flagged) if compared else math.nan,
            low=math.nan,
            high=math.nan,
            n=images.n,
            groups=images.groups,
            threshold=0.0,
            direction="at_most",
            verdict=verdict,
            note=note,
        ),
    )
