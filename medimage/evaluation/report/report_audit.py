"""The report's part on the audit of the data."""

import base64

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from medimage.evaluation.report.audit_section import AuditSection
from medimage.evaluation.report.template import template_text


def render_audit(section: AuditSection) -> Markup:
    """Renders the part as a piece of the report's page.

    Args:
        section: What it shows.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["png"] = lambda png: f"data:image/png;base64,{base64.b64encode(png).decode()}"
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    template = environment.from_string(template_text("report_audit.html.j2"))
    # The template escapes what it is given; the result is markup.
    return Markup(template.render(audit=section))  # noqa: S704
