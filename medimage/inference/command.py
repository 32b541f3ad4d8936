"""A registered model's answer on a few images.

`medimage predict IMAGE... [--model NAME@ALIAS] [--json]`
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from medimage.config.file_checks import named_path
from medimage.exit_codes import ERROR, PASSED, call_and_exit
from medimage.inference.answer_files import answer_files
from medimage.inference.answering_model import find_answering_model
from medimage.inference.image_answer import ImageAnswer
from medimage.inference.image_file import named_files
from medimage.printable import printable
from medimage.registry.model_answers import open_classifier
from medimage.registry.registered_model import RegisteredModel, load_registered_model
from medimage.serving.notice import NOTICE
from medimage.workspace import configure_environment, require_whole_workspace

_WIDTH_IN_FILES = 120


@dataclass(frozen=True, kw_only=True)
class PredictArguments:
    """What a person asked for.

    Attributes:
        paths: Images, and folders with images.
        model: What the model is called; None for the only champion.
        as_json: Whether the answers go to standard output as JSON.
    """

    paths: tuple[Path, ...]
    model: str | None
    as_json: bool


def read_arguments(arguments: Sequence[str]) -> PredictArguments:
    """Reads the command line.

    Args:
        arguments: Words after `medimage predict`.

    Raises:
        ConfigurationError: If a path is empty.
        SystemExit: After `--help`, or where an option is unknown.
    """
    parser = argparse.ArgumentParser(
        prog="medimage predict",
        allow_abbrev=False,
        description="Prints the class of each image, how sure the model is, and the probability of every class. Ends "
        "with 0 where every image has an answer, with 1 where one has none. pipelines.inference_pipeline answers on "
        "whole folders, into a file.",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        type=named_path,
        metavar="IMAGE",
        help="PNG, JPEG, TIFF, WebP, BMP or DICOM; a folder stands for all images below it",
    )
    parser.add_argument(
        "--model", metavar="NAME@ALIAS", help="or NAME/VERSION; the champion, where one model has one, when not given"
    )
    parser.add_argument("--json", action="store_true", help="print the answers as JSON")
    chosen = parser.parse_args(arguments)
    return PredictArguments(paths=tuple(chosen.paths), model=chosen.model, as_json=chosen.json)


def main() -> int:
    """Reads the command line, prints the answers, and returns the exit code.

    Raises:
        ConfigurationError: If a file or the model is not there.
        RegistryError: If the model cannot be loaded.
    """
    arguments = read_arguments(sys.argv[1:])
    files = named_files(arguments.paths)
    configure_environment()
    require_whole_workspace()
    reference = find_answering_model(arguments.model)
    model = load_registered_model(name=reference.name, version=reference.version)
    answers = list(answer_files(open_classifier(model), files))
    if arguments.as_json:
        sys.stdout.write(_json(model, reference.onnx_sha256, answers))
    else:
        _tell(model, answers)
    return ERROR if any(answer.refusal for answer in answers) else PASSED


def _json(model: RegisteredModel, sha256: str, answers: Sequence[ImageAnswer]) -> str:
    version = model.version
    told = {
        "model": {"name": version.name, "version": version.version, "sha256": sha256},
        "notice": NOTICE,
        "answers": [answer.to_dict() for answer in answers],
    }
    return json.dumps(told, indent=2, ensure_ascii=True) + "\n"


def _tell(model: RegisteredModel, answers: Sequence[ImageAnswer]) -> None:
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH_IN_FILES)
    for answer in answers:
        console.print(Text(printable(answer.name), style="bold"))
        if answer.refusal:
            console.print(Text(f"  no answer: {answer.refusal}", style="red"))
            continue
        table = Table(show_header=False, box=None, padding=(0, 1))
        ranked = sorted(answer.probabilities.items(), key=lambda item: -item[1])
        for place, (name, probability) in enumerate(ranked):
            style = "bold" if place == 0 else ""
            reached = "reaches its operating point" if answer.is_positive(name) else ""
            table.add_row(Text(printable(name), style=style), Text(f"{probability:.3f}", style=style), Text(reached))
        console.print(table)
        if answer.abstained:
            console.print(Text("  The model abstains: it is too unsure for its first class to be an answer.", "yellow"))
    console.print(Text(f"\n{printable(model.title)}, {model.version.semantic_version}. {NOTICE}"))


if __name__ == "__main__":
    call_and_exit(main)
