import dataclasses
import io
import re
import time

import pytest
from rich.console import Console

from medimage.training.observers.console_observer import ConsoleObserver, duration
from tests.support.observed_stage import EPOCH, STAGE, START


def watched(*, terminal: bool) -> str:
    output = io.StringIO()
    observer = ConsoleObserver(Console(file=output, force_terminal=terminal, width=160, soft_wrap=True))
    observer.on_stage_start(START)
    observer.on_pass_start("epoch 3/12")
    for batch in range(1, 4):
        observer.on_batch(batch, 3)
    observer.on_epoch_end(EPOCH)
    observer.on_stage_end(STAGE)
    observer.close()
    return output.getvalue()


def test_plain_output_is_one_line_per_epoch_without_control_characters() -> None:
    lines = watched(terminal=False).splitlines()
    assert lines == [
        "stage 2: 12 epochs, 4239 training and 908 validation images, batches of 32, bf16 on cpu",
        "stage 2: trains 250,000 of 1,000,000 parameters (25.0%), learning rates: head 3.0e-05, backbone 5.0e-06",
        "stage 2 epoch  3/12  train loss 0.7500 acc 0.8000  val loss 0.5000 acc 0.9000  lr 3.0e-05/5.0e-06  12.3 s *",
        "stage 2: hands on the weights of epoch 3, stopped early",
    ]


def test_terminal_shows_a_bar_and_gets_its_cursor_back() -> None:
    output = watched(terminal=True)
    assert "epoch 3/12" in output
    assert "3/3" in output
    assert output.rfind("\x1b[?25h") > output.rfind("\x1b[?25l") >= 0


def test_a_measured_epoch_tells_rate_memory_and_the_time_left_of_the_stage() -> None:
    output = io.StringIO()
    observer = ConsoleObserver(Console(file=output, width=200, soft_wrap=True))
    observer.on_stage_start(START)
    measured = dataclasses.replace(
        EPOCH, validation_auroc=0.98765, images_per_second=412.4, seconds_left=111.1, process_memory_gib=1.84
    )
    observer.on_epoch_end(measured)
    observer.on_epoch_end(
        dataclasses.replace(measured, gpu_allocated_gib=3.26, gpu_reserved_gib=4.5, seconds_left=0.0, is_best=False)
    )
    first, second = output.getvalue().splitlines()[-2:]
    assert "val loss 0.5000 acc 0.9000 auroc 0.9877  lr" in first
    assert first.endswith("12.3 s  412 images/s  1.8 GiB  left 1:51 *")
    assert second.endswith("412 images/s  1.8 GiB  GPU 3.3/4.5 GiB")


def test_a_resumed_stage_tells_where_it_goes_on_and_an_epoch_that_is_not_the_best_has_no_star() -> None:
    output = io.StringIO()
    observer = ConsoleObserver(Console(file=output, width=200, soft_wrap=True))
    observer.on_stage_start(dataclasses.replace(START, finished=(dataclasses.replace(EPOCH, epoch=1),)))
    observer.on_epoch_end(dataclasses.replace(EPOCH, epoch=2, is_best=False))
    lines = output.getvalue().splitlines()
    assert "stage 2: goes on after epoch 1, which an earlier run finished" in lines
    assert not lines[-1].endswith("*")


def test_terminal_tells_the_time_left_of_the_whole_stage() -> None:
    output = io.StringIO()
    observer = ConsoleObserver(Console(file=output, force_terminal=True, width=160))
    observer.on_stage_start(dataclasses.replace(START, epochs=3))
    observer.on_pass_start("epoch 1/3")
    for batch in range(1, 5):
        time.sleep(0.15)
        observer.on_batch(batch, 4)
    time.sleep(0.3)
    observer.close()
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output.getvalue())
    # Two epochs of 0.6 s or more are left, while of the batches none is.
    assert re.search(r"stage 2  .*1/3 epochs, left +0:00:0[1-9]\n", shown)
    assert re.search(r"epoch 1/3 .*4/4 batches, left +0:00:00", shown)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0:00"), (59.6, "1:00"), (61, "1:01"), (3599.4, "59:59"), (3723, "1:02:03")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_closing_after_an_interruption_gives_the_cursor_back() -> None:
    output = io.StringIO()
    observer = ConsoleObserver(Console(file=output, force_terminal=True, width=120))
    observer.on_stage_start(START)
    observer.on_pass_start("epoch 1/12")
    observer.on_batch(1, 10)
    observer.close()
    assert output.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[?25h" in output.getvalue()
