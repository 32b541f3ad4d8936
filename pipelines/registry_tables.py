"""How registered models are told on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from medimage.printable import printable
from medimage.registry.champion_change import ChampionChange
from medimage.registry.model_list import ListedModel
from medimage.registry.promotion import ChangedChampion
from medimage.registry.version_details import VersionDetails

_WIDTH_IN_FILES = 120
_HEADLINES = ("accuracy", "balanced_accuracy", "auroc", "ece", "sensitivity", "specificity")
_STYLES = {"PASS": "green", "INCONCLUSIVE": "yellow", "FAIL": "bold red"}


def tell_models(models: Sequence[ListedModel]) -> None:
    """Prints a table of each model's versions."""
    console = _console()
    if not models:
        _say(console, "No model is registered: pipelines.train_pipeline registers those that pass the gate.")
    for model in models:
        _say(console, f"\n{model.name}: {model.description}" if model.description else f"\n{model.name}")
        rows = [
            (
                str(each.version),
                each.semantic_version,
                ", ".join(each.aliases),
                each.verdict or "registered by something else",
                each.registered,
            )
            for each in model.versions
        ]
        if rows:
            console.print(_table(("Version", "Semantic version", "Aliases", "Gate", "Registered (UTC)"), rows))
        else:
            _say(console, "It has no version: its registration did not come to its end; run the same command again.")


def tell_version(details: VersionDetails) -> None:
    """Prints all that is known of a version."""
    console, version, card = _console(), details.version, details.card
    aliases = f" ({', '.join(version.aliases)})" if version.aliases else ""
    _say(console, f"\n{version.name} version {version.version}{aliases}, {version.semantic_version}")
    _say(console, card.description)
    _say(console, f"Registered {details.registered}; {version.uri}")
    console.print(_table(("On the test set", "Value", "Interval", "n"), _metric_rows(card.metrics)))
    criteria = card.gate.get("criteria", ())
    unmet = details.unmet
    met = f"{len(criteria) - len(unmet)} of {len(criteria)} criteria are met"
    _say(console, f"Medical validation gate: {card.gate.get('verdict', 'none')}; {met}.")
    if unmet:
        rows = [
            (f"{each['name']} ({each['scope']})", *_estimate(each, "estimate"), _number(each["threshold"]),
             str(each["verdict"])) for each in unmet
        ]  # fmt: skip
        console.print(_table(("Not met", "Estimate", "Interval", "n", "Threshold", "Verdict"), rows))
    for finding in card.gate.get("findings", ()):
        _say(console, f"- {finding}")
    console.print(
        _table(("It came from", ""), [(name.replace("_", " "), text) for name, text in details.lineage.items()])
    )
    if details.evaluations:
        rows = [
            tuple(each.get(name, "") for name in ("verdict", "accuracy", "images", "run_id", "data_hash"))
            for each in details.evaluations
        ]
        console.print(_table(("On other data", "Accuracy", "Images", "Run", "Data"), rows))
    if details.history:
        header = ("Champion since (UTC)", "From", "To", "How", "By", "Reason")
        console.print(_table(header, [_change_row(change) for change in details.history]))
    _say(console, f"Files: {', '.join(_file(file.name, file.size) for file in details.files) or 'not known'}")
    for warning in details.warnings:
        console.print(Text(printable(f"Warning: {warning}."), style="bold red"), soft_wrap=True)


def tell_change(changed: ChangedChampion) -> None:
    """Prints what a promotion or a rollback came to."""
    console = _console()
    if changed.change is None:
        _say(console, f"{changed.name} version {changed.champion} is the champion already: nothing was changed.")
        return
    before = changed.change.before
    replaced = "there was none before" if before is None else f"before it was version {before}"
    back = "" if changed.previous is None else f"; a rollback goes to version {changed.previous}"
    _say(console, f"{changed.name} version {changed.champion} is the champion now; {replaced}{back}.")
    for reason in changed.overruled:
        _say(console, f"Forced by {changed.change.by}, although {reason}. Reason: {changed.change.reason}")


def _change_row(change: ChampionChange) -> tuple[str, ...]:
    before = "none" if change.before is None else str(change.before)
    how = f"{change.action.value}, forced" if change.forced else change.action.value
    return change.time.partition(".")[0], before, str(change.after), how, change.by, change.reason


def _metric_rows(metrics: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for name in _HEADLINES:
        found = metrics.get(name)
        if not isinstance(found, Mapping):
            continue
        title = name.replace("_", " ")
        if "value" in found:
            rows.append((title, *_estimate(found, "value")))
        else:
            rows += [(f"{title} of {label}", *_estimate(each, "value")) for label, each in found.items()]
    return rows


def _estimate(values: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    low, high = values.get("low"), values.get("high")
    interval = "none" if low is None or high is None else f"{_number(low)} to {_number(high)}"
    return _number(values.get(name)), interval, str(values.get("n", "none"))


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "not known"


def _file(name: str, size: int | None) -> str:
    return name if size is None else f"{name} ({size:,} bytes)"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table()
    for title in header:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell), style=_STYLES.get(cell, "")) for cell in row))
    return table


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_IN_FILES)


def _say(console: Console, text: str) -> None:
    console.print(printable(text), soft_wrap=True, highlight=False, markup=False)
