"""Who is told of scheduled runs: whether that is set up as it can be. Nobody is sent anything."""

import os

from medimage.doctor.finding import Finding, State, fine
from medimage.errors import ConfigurationError
from medimage.scheduling.alerts.alert_settings import AlertSettings


def check_alerts() -> Finding:
    """Reads the settings of alerts."""
    try:
        ways = AlertSettings.from_environment(os.environ).ways()
    except ConfigurationError as error:
        return Finding(
            subject="alerts",
            state=State.PROBLEM,
            told=str(error),
            advice="Correct it, or take it away: no schedule can be made with it (docs/how-to/schedules.md).",
        )
    return fine("alerts", f"scheduled runs are told by {', '.join(ways)}")
