"""The description of the interface (OpenAPI), made from the types that the service answers with."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from medimage.serving.answers import FeedbackAnswer, Health, ImageAnswer, Refusal, SeveralAnswers
from medimage.serving.described_answers import COMPONENTS, json_answer, reference, refusals, text_answer
from medimage.serving.feedback_request import feedback_schema
from medimage.serving.heat_maps.layer import Layer
from medimage.serving.notice import NOTICE
from medimage.serving.routes import DOCS_SCRIPT, DOCS_STYLE, EXPLAIN, FEEDBACK, OPEN, PREDICT
from medimage.serving.settings import ServiceSettings
from medimage.serving.upload import FIELD

_VERSION = "3.0.3"
"""The last version that the viewer of BentoML 1.4 shows."""

_ELSEWHERE = (
    "Any other address is answered with 404, and any other method of these with 405 and the header `Allow`; where GET "
    "is answered, HEAD is as well. What is no HTTP request is answered with 400 and plain text."
)

_FILE = {"type": "string", "format": "binary"}

_TEXTS = {
    "/livez": ("livez", "Whether the process answers.", ["text/plain"]),
    "/healthz": ("healthz", "The same.", ["text/plain"]),
    "/readyz": ("readyz", "Whether the model is loaded.", ["text/plain"]),
    "/metrics": ("metrics", "Metrics in the text format of Prometheus.", ["text/plain"]),
    "/": ("page", "A page to try the model.", ["text/html"]),
    "/docs": ("docs", "This description, as a page.", ["text/html"]),
    DOCS_STYLE: ("docs_style", "The style of that page.", ["text/css"]),
    # Machines name the second type differently.
    DOCS_SCRIPT: ("docs_script", "The script of that page.", ["text/javascript", "application/javascript"]),
}
"""What is answered as text, by address: its name, what it is, and its types."""


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
    _, schemas = models_json_schema([(model, "serialization") for model in answers], ref_template=COMPONENTS)
    described: dict[str, Any] = {
        "openapi": _VERSION,
        "info": {"title": title, "version": version, "description": f"{NOTICE} {_ELSEWHERE}"},
        "servers": [{"url": "."}],
        "paths": {
            PREDICT: {"post": _predict(settings)},
            EXPLAIN: {"post": _explain(classes)},
            FEEDBACK: {"post": _feedback(classes)},
            "/card": {"get": _read("card", json_answer("The model card.", {"type": "object"}))},
            "/health": {"get": _read("health", json_answer("How the service is.", reference(Health)))},
            **{
                path: {"get": _read(name, text_answer(what, media_types=kinds))}
                for path, (name, what, kinds) in _TEXTS.items()
            },
            "/docs.json": {"get": _read("interface", json_answer("This description.", {"type": "object"}))},
        },
        "components": {"schemas": _for_openapi(schemas["$defs"])},
    }
    for path, operations in described["paths"].items():
        asks_for_token = needs_token and path not in OPEN
        for operation in operations.values():
            operation["responses"] |= refusals(path, needs_token=asks_for_token)
            if asks_for_token:
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
            "200": json_answer(
                "The answer on one file, or those on several.",
                {"oneOf": [reference(ImageAnswer), reference(SeveralAnswers)]},
            ),
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
            "200": json_answer("The feedback is in the log.", reference(FeedbackAnswer)),
        },
    }


def _read(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "summary": answer["description"], "responses": {"200": answer}}


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
