"""All changes of a model's champion, in turn: appended to, and never written over.

Each change is a tag of the registered model, so that it is there for everybody who uses the same server. Its key holds
a hash of its content, and its content names the key before, as in a chain: a record that was altered or taken out later
is noticed. That holds for the last one too, because the version that came into use bears the same tag.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medimage.registry.champion_change import KEY_PREFIX, Action, Author, ChampionChange
from medimage.wording import counted

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True, kw_only=True)
class ChampionHistory:
    """The changes of one model's champion.

    Attributes:
        changes: From the first to the last.
        problems: A sentence for each sign that somebody changed or removed a record.
    """

    changes: tuple[ChampionChange, ...]
    problems: tuple[str, ...]

    @classmethod
    def of(cls, model_tags: Mapping[str, str], *, version_tags: Iterable[Mapping[str, str]] = ()) -> ChampionHistory:
        """Reads the changes from tags.

        Args:
            model_tags: Tags of the registered model.
            version_tags: Tags of its versions, which bear the same records.
        """
        kept = {key: value for key, value in model_tags.items() if key.startswith(KEY_PREFIX)}
        changes, altered = [], 0
        for key in sorted(kept):
            try:
                change = ChampionChange.from_json(kept[key])
            except ValueError:
                altered += 1
                continue
            if change.key == key:
                changes.append(change)
            else:
                altered += 1
        beside = {key for tags in version_tags for key in tags if key.startswith(KEY_PREFIX)}
        lost = (beside | {change.follows for change in changes if change.follows}) - kept.keys()
        problems = [
            f"the history of the champion is not as it was written: {counted(number, 'record')} {what}"
            for number, what in ((altered, "changed"), (len(lost), "removed"))
            if number
        ]
        return cls(changes=tuple(changes), problems=tuple(problems))

    def champions_before(self, version: int) -> tuple[int, ...]:
        """Returns which versions were in use before a version came into use, without what was rolled back since.

        Promotions add to a stack and rollbacks take from it. So a rollback after a rollback goes one version further
        back, and never forth again.

        Args:
            version: The champion.

        Returns:
            The one below it first; empty where none is known.
        """
        stack: list[int] = []
        for change in self.changes:
            if change.action is Action.ROLLED_BACK:
                while stack and stack[-1] != change.after:
                    stack.pop()
                stack = stack or [change.after]
                continue
            if change.before is None:
                stack = []
            elif not stack or stack[-1] != change.before:
                # It became the champion by other means, or the change before this one did not come to its end.
                stack = [*_up_to(stack, change.before), change.before]
            stack.append(change.after)
        return tuple(reversed(_up_to(stack, version)))

    def was_rolled_back(self, version: int) -> bool:
        """Whether a version was taken out of use by a rollback, and has not come back since."""
        out = False
        for change in self.changes:
            if change.after == version:
                out = False
            elif change.before == version and change.action is Action.ROLLED_BACK:
                out = True
        return out


def read_history(client: MlflowClient, name: str) -> ChampionHistory:
    """Reads the history of a registered model's champion from its own tags.

    Raises:
        MlflowException: If there is no such model, or the server refuses.
    """
    return ChampionHistory.of(client.get_registered_model(name).tags)


def record_change(
    client: MlflowClient, name: str, *, action: Action, author: Author, before: int | None, after: int, forced: bool
) -> ChampionChange:
    """Appends a change to the history, before it is made: one without a record must not be possible.

    Args:
        client: The registry.
        name: The registered model.
        action: How the version comes into use.
        author: Who asks for it, and why.
        before: The champion before; None where there is none.
        after: The champion after it.
        forced: Whether a refusal is overruled.

    Raises:
        MlflowException: If the server refuses.
    """
    changes = read_history(client, name).changes
    now = datetime.datetime.now(tz=datetime.UTC)
    if changes:
        # Clocks of machines differ; the order of the records must not.
        last = datetime.datetime.fromisoformat(changes[-1].time)
        now = max(now, last + datetime.timedelta(microseconds=1))
    change = ChampionChange(
        time=now.isoformat(timespec="microseconds"),
        action=action,
        by=author.by,
        before=before,
        after=after,
        forced=forced,
        reason=author.reason,
        follows=changes[-1].key if changes else "",
    )
    client.set_registered_model_tag(name, change.key, change.to_json())
    client.set_model_version_tag(name, str(after), change.key, change.to_json())
    return change


def _up_to(stack: list[int], version: int) -> list[int]:
    """Returns what lies below the uppermost place of a version; nothing where it is not in the stack."""
    if version not in stack:
        return []
    return stack[: len(stack) - 1 - stack[::-1].index(version)]
