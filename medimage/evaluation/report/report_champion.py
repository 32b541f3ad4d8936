"""The report's section on the comparison with the champion."""

from markupsafe import Markup

from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.comparison.champion_table import limit_words, number_words, p_words, signed_words
from medimage.evaluation.report.template import render_template


def render_champion(comparison: ChampionComparison) -> Markup:
    """Renders the section as a part of the report's page; nothing where there is no champion.

    Args:
        comparison: What was found.
    """
    if comparison.status is ChampionStatus.NO_CHAMPION:
        return Markup()
    return render_template(
        "report_champion.html.j2",
        filters={"number": number_words, "signed": signed_words, "limits": limit_words, "p_value": p_words},
        comparison=comparison,
        level=f"{comparison.confidence * 100:g}",
        images=max((each.difference.n for each in comparison.differences), default=0),
    )
