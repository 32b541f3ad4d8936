"""The report's section on the comparison with the champion."""

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.comparison.champion_table import limit_words, number_words, p_words, signed_words
from medimage.evaluation.report.template import template_text


def render_champion(comparison: ChampionComparison) -> Markup:
    """Renders the section as a part of the report's page.

    Args:
        comparison: What was found.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number_words, "signed": signed_words, "limits": limit_words, "p_value": p_words}
    template = environment.from_string(template_text("report_champion.html.j2"))
    # The template escapes what it is given; the result is markup.
    return Markup(  # noqa: S704
        template.render(
            comparison=comparison,
            level=f"{comparison.confidence * 100:g}",
            images=max((each.difference.n for each in comparison.differences), default=0),
        )
    )
