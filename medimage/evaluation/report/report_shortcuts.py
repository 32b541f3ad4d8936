"""The report's section on shortcuts and leakage."""

from markupsafe import Markup

from medimage.evaluation.report.template import render_template
from medimage.evaluation.shortcuts.sentences import explanations, warnings
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.shortcuts.table import table_rows


def render_shortcuts(audit: ShortcutAudit) -> Markup:
    """Renders the section as a part of the report's page.

    Args:
        audit: What was found.
    """
    return render_template(
        "report_shortcuts.html.j2",
        rows=table_rows(audit),
        warnings=warnings(audit),
        explanations=explanations(audit),
        border=audit.border_examples,
    )
