"""The report's part on the audit of the data."""

from markupsafe import Markup

from medimage.evaluation.report.audit_section import AuditSection
from medimage.evaluation.report.template import render_template


def render_audit(section: AuditSection) -> Markup:
    """Renders the part as a piece of the report's page.

    Args:
        section: What it shows.
    """
    return render_template(
        "report_audit.html.j2", filters={"sentence": lambda text: text[:1].upper() + text[1:]}, audit=section
    )
