"""The report's section on shortcuts and leakage."""

import base64

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from medimage.evaluation.report.template import template_text
from medimage.evaluation.shortcuts.sentences import explanations, warnings
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.shortcuts.table import table_rows


def render_shortcuts(audit: ShortcutAudit) -> Markup:
    """Renders the section as a part of the report's page.

    Args:
        audit: What was found.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(template_text("report_shortcuts.html.j2"))
    # The template escapes what it is given; the result is markup.
    return Markup(  # noqa: S704
        template.render(
            rows=table_rows(audit),
            warnings=warnings(audit),
            explanations=explanations(audit),
            border=f"data:image/png;base64,{base64.b64encode(audit.border_examples).decode()}",
        )
    )
