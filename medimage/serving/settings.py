"""How the service is set up: every environment variable that it reads, in one place."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medimage.serving.access_tokens import AccessTokens
from medimage.serving.refusal import ServiceNotStartedError

PREFIX = "MEDIMAGE_SERVE_"
"""What the name of every variable begins with; the rest is a field's name in capitals."""

_SIMILAR = 0.85
"""Likeness of names (`difflib`) from which on an unknown variable is taken for a known one that was misspelt."""

Count = Annotated[int, Field(ge=1)]

Threads = Annotated[int, Field(ge=1, le=1024)]
"""Threads beyond this are a slip of the hand: few machines have as many cores. onnxruntime takes fewer than 2^31."""


class ServiceSettings(BaseModel):
    """What a person may set. Empty variables count as not set.

    A variable is a field's name with the prefix: `MEDIMAGE_SERVE_TOKENS` for `tokens`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_folder: Path | None = Field(
        None, description="Folder of the model's files, where it is not the one that lies in the Bento."
    )
    tokens: str = Field(
        "",
        description="Who may call: `NAME:TOKEN` for each caller, separated by spaces or commas. The prediction log "
        "tells the name. Tokens have at least 16 characters.",
    )
    tokens_file: Path | None = Field(None, description="File with the same, so that no token is in the environment.")
    allow_anonymous: bool = Field(
        False, description="Whether to answer everybody without a token also on addresses that others can reach."
    )
    prediction_log: Path | None = Field(
        None, description="Folder for the log of predictions; none is written where it is not set."
    )
    prediction_log_file_mb: Annotated[int, Field(ge=1, le=4096)] = Field(
        64,
        description="Size in MiB after which a file of the log is followed by another. One is begun each day as well.",
    )
    feedback_log: Path | None = Field(
        None, description="Folder for the log of feedback; none is taken where it is not set."
    )
    log_file_names: bool = Field(
        False, description="Whether rows of the log hold the name of the file as it was sent, which may name a patient."
    )
    maximum_files: Annotated[int, Field(ge=1, le=1000)] = Field(32, description="Files in one request at most.")
    maximum_upload_mb: Annotated[int, Field(ge=1, le=1024)] = Field(
        64, description="Size of a request in MiB at most, all its files together."
    )
    maximum_receiving_mb: Annotated[int, Field(ge=1, le=65536)] = Field(
        256,
        description="Size in MiB of what may be on its way in at a time, all requests of a process together; those "
        "beyond are turned away at once (503). It lies in the folder for temporary files. At least as much as one "
        "request may have.",
    )
    maximum_waiting: Count = Field(
        64,
        description="Images that may wait for an answer at a time; requests beyond them are turned away at once (503).",
    )
    waiting_seconds: Annotated[float, Field(gt=0, le=50)] = Field(
        3,
        description="Time in which the last of the images that wait should have its turn, by the time that those "
        "before it took: fewer may wait where they take long, and an overload has passed that soon after it ends.",
    )
    threads_per_image: Threads | None = Field(
        None, description="Threads that work on one image; as many as there are cores, up to four, where it is not set."
    )
    images_at_a_time: Threads | None = Field(
        None,
        description="Images that each worker process works on at a time; one more than there are cores where it is not "
        "set, because one of them is being decoded or logged.",
    )
    answer_seconds: Annotated[float, Field(gt=0, le=55)] = Field(
        50,
        description="Time from its beginning after which further files of a request are refused, so that those before "
        "are answered. Below the time limit of an answer, 60 s, by what one file may take.",
    )
    upload_seconds: Annotated[float, Field(gt=0, le=50)] = Field(
        30, description="Time in which a request must have arrived whole. Below the time limit of an answer, 60 s."
    )

    @model_validator(mode="after")
    def _has_room_for_one(self) -> Self:
        if self.maximum_receiving_mb < self.maximum_upload_mb:
            raise ValueError(
                f"Expected {PREFIX}MAXIMUM_RECEIVING_MB to be at least {PREFIX}MAXIMUM_UPLOAD_MB, but they are "
                f"{self.maximum_receiving_mb} and {self.maximum_upload_mb}."
            )
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the settings.

        Raises:
            ServiceNotStartedError: If a value is impossible, or a name looks like a known one and is not.
        """
        known = {f"{PREFIX}{name.upper()}": name for name in cls.model_fields}
        for name in environment:
            # Kubernetes puts variables of its own beside these, so that not every unknown one can be refused.
            near = difflib.get_close_matches(name, known, n=1, cutoff=_SIMILAR) if name.startswith(PREFIX) else []
            if near and name not in known:
                raise ServiceNotStartedError(f"There is no variable {name}. Did you mean {near[0]}?")
        values = {field: environment[name] for name, field in known.items() if environment.get(name)}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            if not first["loc"]:
                raise ServiceNotStartedError(first["msg"].removeprefix("Value error, ")) from error
            field = str(first["loc"][0])
            shown = "" if field == "tokens" else f" but it is {values[field]!r}"
            raise ServiceNotStartedError(
                f"Expected another value of {PREFIX}{field.upper()}{shown}: {first['msg']}."
            ) from error

    def access_tokens(self) -> AccessTokens:
        """Returns who may call, from the variable and the file together; empty where neither is set.

        Raises:
            ServiceNotStartedError: If the file cannot be read, or a token is not as it should be.
        """
        text = self.tokens
        if self.tokens_file is not None:
            try:
                text += "\n" + self.tokens_file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ServiceNotStartedError(
                    f"The tokens in {self.tokens_file} ({PREFIX}TOKENS_FILE) cannot be read: "
                    f"{getattr(error, 'strerror', None) or 'it is no text'}."
                ) from error
        try:
            return AccessTokens.parse(text)
        except ValueError as error:
            raise ServiceNotStartedError(f"{PREFIX}TOKENS or the file of tokens: {error}") from error

    @property
    def maximum_upload_bytes(self) -> int:
        """Size of a request at most, in bytes."""
        return self.maximum_upload_mb * 2**20

    @property
    def maximum_receiving_bytes(self) -> int:
        """Size of what may be on its way in at a time, in bytes."""
        return self.maximum_receiving_mb * 2**20
