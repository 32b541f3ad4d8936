"""What a schedule of a cluster cannot do."""

import pytest

from medimage.errors import ConfigurationError
from pipelines.native_schedule import refuse_for_cluster
from pipelines.schedule_arguments import ScheduleArguments, read_schedule_arguments


def asked(*words: str) -> ScheduleArguments:
    found = read_schedule_arguments(["--schedule", "@daily", *words], pipeline="train")
    assert found is not None
    return found


@pytest.mark.parametrize("option", ["--summary", "--report", "--evidently", "--output", "--last-days"])
def test_files_of_this_machine_and_days_before_now_are_refused(option: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        refuse_for_cluster(asked(option, "7"), module="pipelines.monitor_pipeline")


def test_retraining_is_not_left_to_a_cluster_which_would_keep_the_champion_of_now() -> None:
    with pytest.raises(ConfigurationError, match="--install systemd or crontab"):
        refuse_for_cluster(asked(), module="pipelines.retrain_pipeline")


def test_everything_else_can_be_handed_over() -> None:
    refuse_for_cluster(asked("--config", "configs/lung.yaml"), module="pipelines.train_pipeline")


@pytest.mark.parametrize("days", ["*/2 * 1", "13 * */2", "*/2 * 0-6"])
def test_days_that_kubernetes_takes_for_alternatives_are_refused(days: str) -> None:
    found = read_schedule_arguments(["--schedule", f"0 3 {days}"], pipeline="train")
    assert found is not None
    with pytest.raises(ConfigurationError, match="where cron asks for both"):
        refuse_for_cluster(found, module="pipelines.train_pipeline")


@pytest.mark.parametrize("days", ["*/2 * *", "* * 1", "13 * FRI", "* * *"])
def test_days_that_kubernetes_reads_as_cron_does_are_handed_over(days: str) -> None:
    found = read_schedule_arguments(["--schedule", f"0 3 {days}"], pipeline="train")
    assert found is not None
    refuse_for_cluster(found, module="pipelines.train_pipeline")
