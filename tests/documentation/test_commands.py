"""Every command of the README and the documentation is run by a test, or says what it needs."""

import re
import shlex
import subprocess

import pytest

from medimage.config.stack.loading import load_stack
from tests.conftest import PROJECT
from tests.documentation.runs import BY_ITSELF, IN_README_TESTS, WALKS
from tests.support.documented_commands import DocumentedCommand, commands_in, documented_commands

RUN = [command for command in documented_commands() if not command.needs]
NOT_RUN = [command for command in documented_commands() if command.needs]

NEEDS = {
    "Needs a cluster": ("kubectl", "kind", "docker", "zenml", "python", "medimage", "pip"),
    "Needs Docker": ("docker", "sudo", "python"),
    "Needs systemd and cron": ("python",),
    "Needs a package index": ("git", "cd", "python3.11"),
    "Needs the network": ("hf",),
    "Needs the carried packages": ("python3.11", "python"),
}
"""What a machine that runs tests does not have, and the programs that may ask for it. Servers, root, and an index whose
packages weigh gigabytes are no part of a test; the containers have a test of their own (`make images`)."""

OPTIONS = {
    "docker build": {"--file", "--tag"},
    "docker run": {
        *("--read-only", "--tmpfs", "--cpus", "--memory", "--cap-drop", "--security-opt", "--publish", "--volume"),
        *("--env", "--entrypoint"),
    },
    "docker push": set(),
    "docker compose up": {"--file", "--detach"},
    "kubectl create namespace": set(),
    "kubectl create serviceaccount": {"--namespace"},
    "kubectl create role": {"--namespace", "--verb", "--resource"},
    "kubectl create rolebinding": {"--namespace", "--role", "--serviceaccount"},
    "kubectl create secret docker-registry": {
        *("--namespace", "--docker-server", "--docker-username", "--docker-password"),
    },
    "kubectl create secret generic": {"--namespace", "--from-literal"},
    "kubectl get pods": {"--namespace", "--watch"},
    "kind create cluster": {"--name"},
    "kind load docker-image": {"--name"},
    "kind delete cluster": {"--name"},
    "sudo install": {"--owner", "--mode"},
    "git clone": set(),
    "hf download": {"--local-dir"},
}
"""Options of programs that are not here, from their own references."""


def words_of(command: str) -> list[str]:
    """Returns the words of a command without the variables before it, and its program without its folder."""
    words = shlex.split(command)
    while re.match(r"\w+=", words[0]):
        words = words[1:]
    return [words[0].rpartition("/")[2], *words[1:]]


def test_a_command_is_found_with_its_continued_lines_and_what_it_needs() -> None:
    needing = '```bash title="Needs Docker"\n   docker build \\\n     --tag A .   # all\n   ```\n'
    text = f"{needing}```bash\nls\n```\n```text\nrm\n```\n"
    found = [(command.text, command.needs) for command in commands_in(text, page="page")]
    assert found == [("docker build --tag A .", "Needs Docker"), ("ls", "")]


def test_every_command_is_run_by_a_test() -> None:
    walked = {command for commands in WALKS.values() for command in commands}
    run = {*BY_ITSELF, *IN_README_TESTS, *walked}
    assert [f"{command.page}: {command.text}" for command in RUN if command.text not in run] == []


def test_the_tables_of_runs_name_no_command_that_no_page_has() -> None:
    there = {command.text for command in RUN}
    walked = {command for commands in WALKS.values() for command in commands}
    assert sorted({*BY_ITSELF, *IN_README_TESTS, *walked} - there) == []
    tests = "".join(path.read_text() for path in (PROJECT / "tests/end_to_end").glob("*.py"))
    scripts = "".join(path.read_text() for path in (PROJECT / ".ci").iterdir())
    for name in set(IN_README_TESTS.values()):
        assert f"def {name}(" in tests or f"\n{name}\n" in scripts, name


def test_make_dashboard_is_the_command_that_its_test_runs() -> None:
    said = subprocess.run(["make", "--dry-run", "dashboard"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert any(line.endswith("medimage dashboard --all") for line in said.stdout.splitlines())


@pytest.mark.parametrize("command", NOT_RUN, ids=lambda command: f"{command.page}-{command.text[:40]}")
def test_what_is_not_run_says_why_and_has_options_that_there_are(command: DocumentedCommand) -> None:
    assert command.needs in NEEDS, f"{command.needs} is no reason"
    words = words_of(command.text)
    assert words[0] in NEEDS[command.needs]
    assert subprocess.run(["bash", "-n", "-c", command.text], check=False).returncode == 0
    known = next((options for name, options in OPTIONS.items() if _calls(words, name)), None)
    if known is not None:
        # What follows the image of `docker run` is for the program in it.
        image = "medimage-train:0.1.0"
        own = words[: words.index(image)] if words[:2] == ["docker", "run"] and image in words else words
        given = {word.partition("=")[0] for word in own if word.startswith("-")}
        assert given <= known
    else:
        assert words[0] in ("python", "python3.11", "medimage", "pip", "zenml", "cd")


def _calls(words: list[str], name: str) -> bool:
    """Whether the words call a program's action, wherever options with a value stand between them."""
    wanted = name.split()
    rest = iter(words)
    return words[0] == wanted[0] and all(word in rest for word in wanted)


def test_pipelines_of_blocks_that_are_not_run_take_their_arguments() -> None:
    from pipelines.retrain_arguments import read_retrain_arguments
    from pipelines.schedule_arguments import read_schedule_arguments
    from pipelines.train_pipeline import read_arguments

    readers = {"pipelines.train_pipeline": read_arguments, "pipelines.retrain_pipeline": read_retrain_arguments}
    read = 0
    for command in NOT_RUN:
        words = words_of(command.text)
        if words[:2] != ["python", "-m"] or words[2] == "pip":
            continue
        asked = read_schedule_arguments(words[3:], pipeline="test")
        rest = asked.words if asked is not None else words[3:]
        if words[2] in readers:
            readers[words[2]](rest)
        elif words[2] == "pipelines.register_stack" and words[4] != "kind.yaml":
            load_stack(PROJECT / words[4])
        else:
            assert words[2] in ("pipelines.monitor_pipeline", "pipelines.register_stack", "venv")
        read += 1
    assert read > 5


def test_zenml_has_the_actions_that_pages_call() -> None:
    import click
    from zenml.cli.cli import cli

    for command in NOT_RUN:
        words = words_of(command.text)
        if words[0] != "zenml":
            continue
        found: click.Command = cli
        for word in words[1:]:
            if not isinstance(found, click.Group):
                break
            inner = found.get_command(click.Context(found), word)
            assert inner is not None, command.text
            found = inner


def test_no_command_hides_in_a_block_that_no_test_reads() -> None:
    pages = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]
    program = re.compile(r"^ *(?:\$ )?(?:\.venv/bin/|python -m|medimage [a-z]|docker |kubectl |make )", re.MULTILINE)
    for page in pages:
        for language, text in re.findall(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
            assert language == "bash" or not program.search(text), f"{page}: {text}"
