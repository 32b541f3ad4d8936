"""Names of a certain form: of files, tags and registered models, the same on every system, and of others' data sets."""

from typing import Annotated

from pydantic import Field

FORM = "x-form"
"""Key of a JSON schema with what its pattern asks for, in words."""

ResourceName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$",
        json_schema_extra={
            FORM: "a name of small letters, digits, `_`, `.` and `-` that begins and ends with a letter or digit"
        },
    ),
]
"""What may be the name of a file, a tag and a registered model on every system."""

DatasetName = Annotated[
    str, Field(pattern=r"^[\w.-]+/[\w.-]+$", json_schema_extra={FORM: "an owner and a name, as `owner/name`"})
]
"""What Kaggle calls a dataset."""
