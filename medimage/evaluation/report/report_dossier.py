"""The report's section with the card and the guidelines."""

from typing import Final

from markupsafe import Markup

from medimage.dossier.answer import State
from medimage.dossier.dossier import Dossier
from medimage.dossier.fact import MISSING
from medimage.evaluation.report.template import render_template
from medimage.serving.notice import NOTICE

_TITLES: Final = {
    "gate": "The gate",
    "per-class": "Each class",
    "errors": "Errors and confidence",
    "decisions": "Operating points and abstention",
    "subgroups": "Subgroups",
    "training": "Training",
    "data": "Data",
    "audit": "Audit of the data",
    "shortcuts": "Shortcuts and leakage",
    "explanations": "What the model looks at",
    "origin": "Where this comes from",
    "dossier-card": "Model card",
}
"""Id of a section of the report → its heading."""


def render_dossier(dossier: Dossier) -> Markup:
    """Renders the section as a part of the report's page; the tables of the guidelines are folded away.

    Args:
        dossier: What it shows.
    """
    return render_template(
        "report_dossier.html.j2",
        card=dossier.card,
        guidelines=dossier.guidelines,
        notice=NOTICE,
        states=State,
        titles=_TITLES,
        missing=MISSING,
    )
