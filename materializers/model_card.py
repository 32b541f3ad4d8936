"""Storage of model cards."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from materializers.file_materializer import FileMaterializer
from medimage.registry.model_card import ModelCard


class ModelCardMaterializer(FileMaterializer):
    """Stores a `ModelCard` as JSON and Markdown."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (ModelCard,)

    def to_files(self, data: ModelCard) -> dict[str, bytes]:
        """Returns the card for programs and for people."""
        # Keys stay in their order: the text shows metrics in the order of the card.
        values = json.dumps(data.to_dict(), indent=1, ensure_ascii=False)
        return {"card.json": values.encode(), "card.md": data.to_markdown().encode()}

    def from_files(self, read: Callable[[str], bytes]) -> ModelCard:
        """Builds the card."""
        return ModelCard.from_dict(json.loads(read("card.json")))

    def views(self, data: ModelCard) -> dict[str, str | bytes]:
        """Returns the card for people."""
        return {"card_view.md": data.to_markdown()}
