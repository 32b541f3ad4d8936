"""The report's section on heat maps and their faithfulness."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, groupby, zip_longest

from markupsafe import Markup

from medimage.config.evaluation import MethodName
from medimage.evaluation.explanation.explained_method import TITLES
from medimage.evaluation.explanation.explanation_result import ExplainedCase, Explanation
from medimage.evaluation.explanation.measures_table import MEANINGS, MeasuresRow, measures_rows
from medimage.evaluation.explanation.overlay import draw_heat_map, draw_image, draw_legend
from medimage.evaluation.explanation.sentences import remarks, warnings
from medimage.evaluation.report.page_size import room_of
from medimage.evaluation.report.template import render_template


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownCase:
    """An explained image with its pictures.

    Attributes:
        case: The image.
        model: Whose maps these are; empty where there is one model.
        image: The image as it is, as JPEG bytes.
        maps: Method → its map over the image, as JPEG bytes.
    """

    case: ExplainedCase
    model: str
    image: bytes
    maps: Mapping[MethodName, bytes]

    @property
    def room(self) -> int:
        """Bytes that all pictures take in a page."""
        return room_of(self.image) + sum(room_of(picture) for picture in self.maps.values())


def render_explanations(explanations: Mapping[str, Explanation], *, room: int) -> Markup:
    """Renders the section as a part of the report's page.

    Args:
        explanations: Name of a model → its heat maps; the name is empty where there is one model.
        room: Bytes for pictures; images beyond are left out, with a word on how many.
    """
    shown = _that_fit(explanations, room)
    # In the order of the configuration.
    used: dict[MethodName, None] = dict.fromkeys(
        method.name for each in explanations.values() for method in each.with_maps
    )
    rows: list[tuple[str, MeasuresRow]] = [
        (model, row) for model, explanation in explanations.items() for row in measures_rows(explanation)
    ]
    return render_template(
        "report_explanations.html.j2",
        rows=rows,
        several=len(explanations) > 1,
        meanings=MEANINGS,
        warnings=_of_all(explanations, warnings),
        remarks=_of_all(explanations, remarks),
        missing=[
            f"{model}: {each.missing_because}" if model else each.missing_because
            for model, each in explanations.items()
            if each.missing_because
        ],
        columns=[(name, TITLES[name]) for name in used],
        gallery=[(name, list(cases)) for name, cases in groupby(shown, key=lambda each: each.case.true_class)],
        left_out=sum(len(explanation.cases) for explanation in explanations.values()) - len(shown),
        legend=draw_legend(),
    )


def _of_all(explanations: Mapping[str, Explanation], told: Callable[[Explanation], tuple[str, ...]]) -> list[str]:
    return [
        f"{model}: {sentence}" if model else sentence
        for model, explanation in explanations.items()
        for sentence in told(explanation)
    ]


def _that_fit(explanations: Mapping[str, Explanation], room: int) -> list[ShownCase]:
    """Draws cases until there is no room left: the first of every class, then the second of every class, and so on."""
    of_class: dict[str, list[tuple[str, ExplainedCase]]] = {}
    by_model = [[(model, case) for case in explanation.cases] for model, explanation in explanations.items()]
    for model, case in chain.from_iterable(by_model):
        of_class.setdefault(case.true_class, []).append((model, case))
    shown, taken = [], 0
    for model, case in filter(None, chain.from_iterable(zip_longest(*of_class.values()))):
        drawn = ShownCase(
            case=case,
            model=model,
            image=draw_image(case),
            maps={name: draw_heat_map(case, name) for name in case.maps},
        )
        taken += drawn.room
        if taken > room:
            break
        shown.append(drawn)
    return sorted(shown, key=lambda each: list(of_class).index(each.case.true_class))
