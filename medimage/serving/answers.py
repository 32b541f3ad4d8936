"""What the service answers, field by field; the description of the interface is made from it."""

from pydantic import BaseModel, Field

from medimage.decision.decision import Outcome
from medimage.serving.quality.quality_warning import WarningKind


class ModelIdentity(BaseModel):
    """Which model answered."""

    name: str
    version: str
    sha256: str = Field(description="SHA-256 of the ONNX graph.")
    evidence_hash: str | None = Field(
        description="Hash of the evaluation and the gate report that the model passed by, as in its card."
    )


class DecisionAnswer(BaseModel):
    """The classes at their operating points."""

    outcome: Outcome = Field(description="How many classes reach their thresholds; `not_available` where none has one.")
    positive: list[str] = Field(
        description="Classes that reach their thresholds, the most probable first: none of them can be dismissed."
    )
    thresholds: dict[str, float | None] = Field(
        description="From which probability on an image counts as positive for each class; null where none was fitted."
    )
    target_sensitivity: float | None = Field(description="Sensitivity that the thresholds are for; null without any.")
    not_assessed: list[str] = Field(description="Classes without a threshold: neither found nor excluded.")
    meaning: str = Field(description="What that means, in words.")


class AbstentionAnswer(BaseModel):
    """Whether the label is too unsure to be an answer."""

    abstained: bool | None = Field(description="Where true, the label must not be used; null where no rule was fitted.")
    threshold: float | None = Field(description="Confidence from which on the label is an answer.")
    reason: str = Field(description="Why it was abstained, or why there is no rule; empty where neither is so.")


class ConformalAnswer(BaseModel):
    """The classes that cannot be excluded."""

    classes: list[str] | None = Field(
        description="The most probable first; none where the image is unlike every class; null without fitted sets."
    )
    coverage: float = Field(description="Chance that the set of a new image of any class holds that class.")
    reason: str = Field(description="Why there are no sets, or which class is in every set; may be empty.")


class WarningAnswer(BaseModel):
    """Something unusual about the image. It changes no other part of the answer."""

    kind: WarningKind
    message: str


class ImageFacts(BaseModel):
    """Which image was answered on."""

    sha256: str = Field(description="SHA-256 of the file as it was sent.")
    width: int = Field(description="Width of the decoded image, in pixels.")
    height: int = Field(description="Height of the decoded image, in pixels.")


class ImageAnswer(BaseModel):
    """The answer on one image. It stands alone: whoever files it away has the model and the notice with it."""

    label: str = Field(description="The most probable class. See `abstention` before it is used.")
    confidence: float = Field(description="Probability of the label.")
    probabilities: dict[str, float] = Field(description="Calibrated probability of each class; they add up to 1.")
    decision: DecisionAnswer
    abstention: AbstentionAnswer
    conformal_set: ConformalAnswer | None = Field(description="Null where sets were not asked for in training.")
    warnings: list[WarningAnswer] = Field(description="What is unusual about the image; may be empty.")
    image: ImageFacts
    model: ModelIdentity
    prediction_id: str = Field(description="Names this answer, in the prediction log and for feedback.")
    notice: str


class Refusal(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="One or two sentences: what was expected, and what to do.")


class FileAnswer(BaseModel):
    """What became of one of several files: an answer, or an error."""

    status: int = Field(description="The status that this file would have been answered with alone.")
    answer: ImageAnswer | None = None
    error: str | None = None


class SeveralAnswers(BaseModel):
    """The answers on several files."""

    answers: list[FileAnswer] = Field(description="One for each file, in the order in which they were sent.")


class FeedbackAnswer(BaseModel):
    """That feedback is in the log."""

    prediction_id: str = Field(description="The answer that it is about.")


class Health(BaseModel):
    """How the service is."""

    status: str = Field(description="`ok`, or `degraded` where predictions or feedback cannot be logged.")
    model: ModelIdentity
    prediction_log: str = Field(description="`off`, `writing` or `failing`.")
    predictions_not_logged: int = Field(description="Since this worker process began.")
    feedback_log: str = Field(description="`off`, `writing` or `failing`.")
