"""The thresholds of the medical validation gate, each with the reason for its default."""

from typing import Annotated, Literal

from pydantic import Field

from medimage.config.champion import ChampionConfig
from medimage.config.section import Section

Rate = Annotated[float, Field(ge=0, le=1)]


class GateConfig(Section):
    """What a model must prove on test images before it is exported, registered or packaged."""

    accuracy: Rate = 0.85
    """Smallest accuracy. Default: the bar of the brain tumour system that this gate grew out of."""

    sensitivity: Rate = 0.80
    """Smallest sensitivity of every class. Default: at most one case in five of any class may be missed."""

    specificity: Rate = 0.80
    """Smallest specificity of every class. Default: at most one false alarm in five."""

    balanced_accuracy: Rate = 0.80
    """Smallest mean sensitivity. Default: follows from the bar on every sensitivity."""

    auroc: Rate = 0.85
    """Smallest one-versus-rest area under the ROC curve of every class. Default: 0.8 to 0.9 is read as good."""

    calibration_error: Rate = 0.10
    """Largest expected calibration error. Default: a stated 90 % may be 80 % or 100 %, not less."""

    latency_p95_ms: Annotated[float, Field(gt=0)] = 500.0
    """Largest 95th percentile of the time for one image, decoding included, in ms. Default: feels immediate.

    Measured on the CPU, where the service runs: of the trained network for the gate, of the graph at export.
    """

    imbalance_ratio: Annotated[float, Field(ge=1)] = 5.0
    """Largest ratio between class sizes in training, times class weights where the sizes alone exceed it."""

    minimum_cases_per_class: Annotated[int, Field(ge=1)] = 20
    """Independent test cases of every class below which nothing can pass.

    Default: of 17 cases all must be right for the exact lower bound to reach 0.80; 20 leave room for none wrong
    and a bound of 0.83.
    """

    shortcut_findings: Literal["show", "fail"] = "show"
    """What a finding does by which a class can be told from something that is no trait of the patient, such as the
    origin or the border of its images: `show` prints it beside the numbers, `fail` fails the gate as well. Default:
    show, because whether a model used the shortcut that is there is for a person to judge."""

    champion: ChampionConfig = ChampionConfig()
    """How a candidate is held against the model in use."""

    subgroup_gap: Literal["show", "fail"] = "show"
    """What a flagged gap between subgroups does: it is shown beside the numbers, or it fails the gate, which is then
    inconclusive where no two subgroups can be compared. Default: shown, because a gap may be that of illness or age and
    not the model's, and which one is tolerable is for people to say."""
