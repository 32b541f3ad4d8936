import pytest

from medimage.scheduling.alerts.severity import Severity, meaning_of


@pytest.mark.parametrize(
    ("command", "exit_code", "severity"),
    [
        ("monitor", 0, Severity.NOTHING),
        ("monitor", 3, Severity.WARNING),
        ("monitor", 4, Severity.NOTICE),
        ("train", 0, Severity.NOTHING),
        ("train", 3, Severity.WARNING),
        ("train", 4, Severity.ERROR),
        ("retrain", 3, Severity.WARNING),
        ("retrain", 5, Severity.NOTICE),
        ("evaluation", 3, Severity.WARNING),
        ("inference", 3, Severity.ERROR),
        ("inference", 1, Severity.ERROR),
        ("train", 2, Severity.ERROR),
        ("train", 130, Severity.WARNING),
        ("train", -9, Severity.ERROR),
        ("train", -250, Severity.ERROR),
    ],
)
def test_the_end_of_a_run_matters_as_much_as_its_pipeline_says(
    command: str, exit_code: int, severity: Severity
) -> None:
    assert meaning_of(f"pipelines.{command}_pipeline", exit_code).severity is severity


def test_the_same_code_means_something_else_for_monitoring_and_for_training() -> None:
    assert "changed" in meaning_of("pipelines.monitor_pipeline", 3).text
    assert "gate" in meaning_of("pipelines.train_pipeline", 3).text
