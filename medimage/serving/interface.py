"""The description of the interface (OpenAPI), made from the types that the service answers with."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from medimage.serving.answers import FeedbackAnswer, Health, ImageAnswer, Refusal, SeveralAnswers
from medimage.serving.feedback_request import MAXIMUM_BYTES, feedback_schema
from medimage.serving.heat_maps.layer import Layer
from medimage.serving.notice import NOTICE
from medimage.serving.routes import EXPLAIN, FEEDBACK, OPEN, PREDICT
from medimage.serving.settings import ServiceSettings
from medimage.serving.upload import FIELD

_VERSION = "3.0.3"
"""The last version that the viewer of BentoML 1.4 shows."""

_COMPONENTS = "#/components/schemas/{model}"

_REFUSALS = {
    "400": "The request or a single file in it cannot be read, or the image is damaged or of a kind that is refused.",
    "408": "The upload did not arrive in time.",
    "413": "The upload, the number of its files, or the number of pixels is too large.",
    "415": "The request is no multipart form, or the file no image of a format that is read.",
    "422": "The model finds no number for the image.",
    "503": "Too many images wait; send the request again after the time that `Retry-After` states, in seconds.",
}


_FILE = {"type": "string", "format": "binary"}


def describe_interface(
    *, title: str, version: str, classes: Sequence[str], settings: ServiceSettings, needs_token: bool
) -> dict[str, Any]:
    """Returns the description as JSON-ready values.

    Args:
        title: Name of the model.
        version: Its version.
        classes: The classes that it tells apart.
        settings: How the service is set up, for the limits.
        needs_token: Whether callers need a token.
    """
    answers: tuple[type[BaseModel], ...] = (ImageAnswer, SeveralAnswers, FeedbackAnswer, Refusal, Health)
    _, schemas = models_json_schema([(model, "serialization") for model in answers], ref_template=_COMPONENTS)
    unauthorized = {"401": _refusal("A valid token is needed.")} if needs_token else {}
    described: dict[str, Any] = {
        "openapi": _VERSION,
        "info": {"title": title, "version": version, "description": NOTICE},
        "servers": [{"url": "."}],
        "paths": {
            PREDICT: {"post": _predict(settings)},
            EXPLAIN: {"post": _explain(classes)},
            FEEDBACK: {"post": _feedback(classes)},
            "/card": {"get": _read("card", "The model card.", {"type": "object"})},
            "/health": {"get": _read("health", "How the service is.", _reference(Health))},
            "/livez": {"get": _text("livez", "Whether the process answers.")},
            "/healthz": {"get": _text("healthz", "The same.")},
            "/readyz": {"get": _text("readyz", "Whether the model is loaded.")},
            "/metrics": {"get": _text("metrics", "Metrics in the text format of Prometheus.")},
        },
        "components": {"schemas": _for_openapi(schemas["$defs"])},
    }
    for path in described["paths"].keys() - OPEN:
        for operation in described["paths"][path].values():
            operation["responses"] |= unauthorized
            if needs_token:
                operation["security"] = [{"token": []}]
    if needs_token:
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return described


def _predict(settings: ServiceSettings) -> dict[str, Any]:
    return {
        "operationId": "predict",
        "summary": "Classifies images.",
        "description": (
            f"Takes image files in the multipart field `{FIELD}`: PNG, JPEG, TIFF, WebP or BMP with 8 bits per sample, "
            f"or DICOM with one frame; up to {settings.maximum_files} files and {settings.maximum_upload_mb} MiB in a "
            "request. One file gets its answer, or the status and sentence of its refusal. Several are "
            "answered together, each with its own status: one that is refused does not keep the others from an answer."
        ),
        "requestBody": _form({"type": "array", "minItems": 1, "maxItems": settings.maximum_files, "items": _FILE}),
        "responses": {
            "200": _json(
                "The answer on one file, or those on several.",
                {"oneOf": [_reference(ImageAnswer), _reference(SeveralAnswers)]},
            ),
            **{status: _refusal(text) for status, text in _REFUSALS.items()},
        },
    }


def _explain(classes: Sequence[str]) -> dict[str, Any]:
    return {
        "operationId": "explain",
        "summary": "Draws what speaks for a class in an image.",
        "description": (
            "Takes one image file. The picture is as large as the model's input and covers the whole image, whose "
            "aspect ratio is not kept; the hotter, the more a place speaks for the class. The class is named by the "
            "header `X-Medimage-Label`, percent-encoded."
        ),
        "parameters": [
            _choice("label", "The class; the most probable one where it is not given.", classes),
            _choice(
                "layer", "`both`, the default, for map and image, or `map` for the map alone, as RGBA.", list(Layer)
            ),
        ],
        "requestBody": _form(_FILE),
        "responses": {
            "200": {
                "description": "The picture.",
                "headers": {"X-Medimage-Label": {"required": True, "schema": {"type": "string"}}},
                "content": {"image/png": {"schema": _FILE}},
            },
            **{status: _refusal(text) for status, text in _REFUSALS.items()},
            "409": _refusal("This model gives no heat maps."),
        },
    }


def _choice(name: str, description: str, choices: Sequence[str]) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(choices)}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _form(field: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": [FIELD], "properties": {FIELD: field}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _feedback(classes: Sequence[str]) -> dict[str, Any]:
    return {
        "operationId": "feedback",
        "summary": "Takes what a person says of an answer.",
        "description": (
            "`agrees` tells whether the answer's `label` is right. Where it is not, `label` is the right class, or "
            "null for none of the model's. What is sent again about an answer corrects what was sent before."
        ),
        "requestBody": {"required": True, "content": {"application/json": {"schema": feedback_schema(classes)}}},
        "responses": {
            "200": _json("The feedback is in the log.", _reference(FeedbackAnswer)),
            "400": _refusal("The feedback is not as described."),
            "404": _refusal("The service keeps no feedback: no folder is set for it."),
            "408": _refusal("It did not arrive in time."),
            "413": _refusal(f"It is larger than {MAXIMUM_BYTES} bytes."),
            "415": _refusal("It is not sent as JSON."),
            "503": _refusal("Its log cannot be written; send it again after the seconds in `Retry-After`."),
        },
    }


def _read(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": {"200": _json(summary, schema)}}


def _text(name: str, summary: str) -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {"operationId": name, "summary": summary, "responses": {"200": {"description": summary, "content": content}}}


def _refusal(description: str) -> dict[str, Any]:
    return _json(description, _reference(Refusal))


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _COMPONENTS.format(model=model.__name__)}


def _for_openapi(schema: Any) -> Any:
    """Returns a JSON schema in the dialect of OpenAPI 3.0, which says `nullable` for a choice with null."""
    if isinstance(schema, list):
        return [_for_openapi(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _for_openapi(value) for key, value in schema.items()}
    choices = plain.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        (choice,) = [item for item in choices if item != {"type": "null"}]
        del plain["anyOf"]
        # What stands beside a reference is ignored in that version.
        plain |= {"allOf": [choice]} if "$ref" in choice else choice
        plain["nullable"] = True
    return plain
