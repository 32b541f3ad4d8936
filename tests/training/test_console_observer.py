import io

from rich.console import Console

from medimage.models.history import EpochRecord, StageRecord
from medimage.training.console_observer import ConsoleObserver
from medimage.training.observer import StageStart

START = StageStart(
    stage=2,
    epochs=12,
    trainable_parameters=250_000,
    parameters=1_000_000,
    learning_rates={"head": 3e-5, "backbone": 5e-6},
    batch_size=32,
    precision="bf16",
    device="cpu",
    train_images=4239,
    validation_images=908,
)
EPOCH = EpochRecord(
    stage=2,
    epoch=3,
    train_loss=0.75,
    train_accuracy=0.8,
    validation_loss=0.5,
    validation_accuracy=0.9,
    head_learning_rate=3e-5,
    backbone_learning_rate=5e-6,
    seconds=12.34,
)
STAGE = StageRecord(
    stage=2,
    trainable_parameters=250_000,
    best_epoch=3,
    batch_size=32,
    precision="bf16",
    device="cpu",
    stopped_early=True,
)


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
        "stage 2: best weights are those of epoch 3, stopped early",
    ]


def test_terminal_shows_a_bar_and_gets_its_cursor_back() -> None:
    output = watched(terminal=True)
    assert "epoch 3/12" in output
    assert "3/3" in output
    assert output.rfind("\x1b[?25h") > output.rfind("\x1b[?25l") >= 0


def test_closing_after_an_interruption_gives_the_cursor_back() -> None:
    output = io.StringIO()
    observer = ConsoleObserver(Console(file=output, force_terminal=True, width=120))
    observer.on_stage_start(START)
    observer.on_pass_start("epoch 1/12")
    observer.on_batch(1, 10)
    observer.close()
    assert output.getvalue().rstrip().endswith("\x1b[?25h") or "\x1b[?25h" in output.getvalue()
