"""The command line of the inference pipeline: a folder, a model, and where the answers go."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.config.file_checks import named_path, output_problem
from medimage.config.summary_file import remove_summary
from medimage.errors import ConfigurationError
from medimage.inference.prediction_table import FORMATS


@dataclass(frozen=True, kw_only=True)
class InferenceArguments:
    """What a person asked for.

    Attributes:
        images: Folder with the images.
        model: What the model is called; None for the only champion.
        output: File for the answers.
        summary: File for the summary; None where none is wanted.
        use_cache: Whether answers that an earlier run gave are taken from the cache.
    """

    images: Path
    model: str | None
    output: Path
    summary: Path | None
    use_cache: bool


def read_inference_arguments(arguments: Sequence[str]) -> InferenceArguments:
    """Reads the command line, and removes the summary of an earlier run.

    Args:
        arguments: Words after the program's name.

    Raises:
        ConfigurationError: If anything is wrong.
        SystemExit: After `--help`, or where an option is unknown or missing.
    """
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.inference_pipeline",
        allow_abbrev=False,
        description="Lets a registered model answer on every image below a folder, also a DICOM tree, and writes a row "
        "for each file. A run that was ended goes on where it was. A file that cannot be used has a reason in place of "
        "an answer. Exit code 0: there are answers; 1: not one file could be answered; 2: the command is wrong.",
    )
    parser.add_argument("--images", type=named_path, required=True, metavar="FOLDER", help="folder with the images")
    parser.add_argument(
        "--model", metavar="NAME@ALIAS", help="or NAME/VERSION; the champion, where one model has one, when not given"
    )
    parser.add_argument(
        "--output", type=named_path, required=True, metavar="FILE", help=f"ending in {' or '.join(FORMATS)}"
    )
    parser.add_argument("--summary", type=named_path, metavar="FILE", help="write a summary as JSON")
    parser.add_argument("--no-cache", action="store_true", help="answer anew on files that were answered before")
    chosen = parser.parse_args(arguments)
    if chosen.summary is not None and chosen.summary.absolute() != chosen.output.absolute():
        remove_summary(chosen.summary)
    problems = [
        problem
        for option, path in (("--output", chosen.output), ("--summary", chosen.summary))
        if path is not None and (problem := output_problem(path, option=option)) is not None
    ]
    if chosen.output.suffix.lower() not in FORMATS:
        problems.append(f"--output: expected a file ending in {' or '.join(FORMATS)} but got {chosen.output.name}")
    if not chosen.images.is_dir():
        there = "is no folder" if chosen.images.exists() else "is not there"
        problems.append(f"--images: expected a folder with images but {chosen.images.absolute()} {there}")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return InferenceArguments(
        images=chosen.images.absolute(),
        model=chosen.model,
        output=chosen.output,
        summary=chosen.summary,
        use_cache=not chosen.no_cache,
    )
