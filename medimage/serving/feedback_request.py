"""What a person says of an answer, as it is sent."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medimage.serving.refusal import RequestRefusal
from medimage.serving.refused_request import RefusedRequest

MAXIMUM_BYTES = 4096
"""Size of a request at most: it holds one name of a class and no text of a person."""

_PREDICTION_ID = "^[0-9a-f]{32}$"
"""How the name of an answer looks."""

HOW = 'Send {"prediction_id": …, "agrees": true}, or with "agrees": false the right class as "label".'
"""What a sentence of refusal ends with."""


class FeedbackRequest(BaseModel):
    """What a person says of one answer. There is no free text, which could name a patient."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prediction_id: str = Field(pattern=_PREDICTION_ID, description="The `prediction_id` of the answer.")
    agrees: bool = Field(description="Whether the answer's `label` is right.")
    label: str | None = Field(
        None,
        description="The right class where it is not; null for none of the model's classes. Has to be there where "
        "`agrees` is false, and must not name a class where it is true.",
    )


def read_feedback(body: bytes, *, classes: Sequence[str]) -> FeedbackRequest | RefusedRequest:
    """Returns what a person says, or why that cannot be read.

    Args:
        body: The body of the request.
        classes: The model's classes.
    """
    try:
        given = FeedbackRequest.model_validate_json(body)
    except ValidationError as error:
        return malformed(_complaint(error))
    if given.agrees and given.label is not None:
        return malformed("Feedback that agrees names no class in 'label'.")
    if not given.agrees and "label" not in given.model_fields_set:
        return malformed("Feedback that disagrees needs 'label': the right class, or null for none of them.")
    if given.label is not None and given.label not in classes:
        return malformed("The 'label' is none of the model's classes, which an answer's 'probabilities' name.")
    return given


def _complaint(error: ValidationError) -> str:
    """Returns what is wrong, without a word of what was sent: it may be anything."""
    first = error.errors(include_input=False, include_url=False)[0]
    if first["type"] == "extra_forbidden":
        return f"Feedback has no fields but {', '.join(map(repr, FeedbackRequest.model_fields))}."
    field = next((part for part in first["loc"] if part in FeedbackRequest.model_fields), None)
    if field is None:
        return "The feedback is no JSON object that can be read."
    if first["type"] == "missing":
        return f"The feedback has no '{field}'."
    expected = {
        "prediction_id": "the 32 hexadecimal digits of an answer's 'prediction_id'",
        "agrees": "true or false",
        "label": "text or null",
    }
    return f"Expected {expected[str(field)]} in '{field}' but it is something else."


def malformed(complaint: str) -> RefusedRequest:
    """Returns the refusal of feedback that cannot be read."""
    return RefusedRequest(reason=RequestRefusal.MALFORMED, status=HTTPStatus.BAD_REQUEST, message=f"{complaint} {HOW}")


def feedback_schema(classes: Sequence[str]) -> dict[str, Any]:
    """Returns what `read_feedback` takes, as a schema of OpenAPI 3.0."""

    def judgement(*, agrees: bool, labels: Sequence[str | None], required: Sequence[str]) -> dict[str, Any]:
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["prediction_id", "agrees", *required],
            "properties": {
                "prediction_id": {"type": "string", "pattern": _PREDICTION_ID},
                "agrees": {"type": "boolean", "enum": [agrees]},
                "label": {"type": "string", "nullable": True, "enum": list(labels)},
            },
        }

    return {
        "oneOf": [
            judgement(agrees=True, labels=[None], required=()),
            judgement(agrees=False, labels=[*classes, None], required=["label"]),
        ]
    }
