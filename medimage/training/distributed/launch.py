"""One stage of training in several processes, started by PyTorch's elastic launcher (`torchrun`)."""

import dataclasses
import json
import logging
import multiprocessing
import os
import signal
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import torch
from torch import distributed
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from medimage.errors import MedimageError, TrainingError
from medimage.models.device import resolve_device
from medimage.models.trained_model import TrainedModel
from medimage.run_log.run_log import hand_on_run_log, joined_run_log
from medimage.training.distributed.processes import Processes
from medimage.training.distributed.room import require_device
from medimage.training.inputs.shared_images import SharedPixels, share_pixels, without_pixels
from medimage.training.observers.forwarded_events import EventListener, ForwardingObserver
from medimage.training.observers.observer import ObserverGroup, TrainingObserver
from medimage.training.stage_task import StageTask, run_stage
from medimage.workspace import owner_prefix, temporary_folders

_TIMEOUT: Final = timedelta(minutes=30)
"""How long a process waits for the others at most. One that dies is noticed at once, by the launcher."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """A task as it is sent to the processes.

    Attributes:
        task: The task, without pixels.
        train: Pixels of the training images.
        validation: Pixels of the validation images.
        folder: Where processes write why they failed.
    """

    task: StageTask
    train: SharedPixels
    validation: SharedPixels
    folder: Path


def run_stage_in_processes(task: StageTask, *, observers: Sequence[TrainingObserver]) -> TrainedModel:
    """Trains one stage in as many processes as its recipe says.

    Args:
        task: The stage.
        observers: Who watches, in this process. They are closed in the end, also after an error or Ctrl-C.

    Raises:
        ConfigurationError: If there are fewer GPUs, the batches are too small, or the device is MPS.
        TrainingError: If a process failed.
        KeyboardInterrupt: If this process was asked to end.
    """
    count = task.training.processes
    watching = ObserverGroup(observers)
    try:
        require_device(task.training, batch_size=task.batch_size)
        with tempfile.TemporaryDirectory(dir=temporary_folders(), prefix=owner_prefix()) as name:
            folder = Path(name)
            sent = _Sent(
                task=dataclasses.replace(
                    task, train=without_pixels(task.train), validation=without_pixels(task.validation)
                ),
                train=share_pixels(task.train.pixels, file=folder / "train.npy"),
                validation=share_pixels(task.validation.pixels, file=folder / "validation.npy"),
                folder=folder,
            )
            receiver, sender = multiprocessing.get_context("spawn").Pipe(duplex=False)
            with EventListener(receiver, sender, watching), _own_signals():
                trained = _launch(sent, sender, count=count)
        watching.on_model(trained)
    finally:
        watching.close()
    return trained


def _launch(sent: _Sent, sender: Connection, *, count: int) -> TrainedModel:
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=0,
        start_method="spawn",
    )
    hand_on_run_log()
    try:
        return elastic_launch(config, _work)(sent, sender)[0]
    except SignalException as error:
        raise KeyboardInterrupt from error
    except ChildFailedError as error:
        raise _explain(error, sent.folder) from error


def _work(sent: _Sent, sender: Connection) -> TrainedModel | None:
    """Does one process's share."""
    processes = Processes(rank=int(os.environ["RANK"]), count=int(os.environ["WORLD_SIZE"]))
    task = sent.task
    train = dataclasses.replace(task.train, pixels=sent.train.open())
    validation = dataclasses.replace(task.validation, pixels=sent.validation.open())
    observers = [ForwardingObserver(sender)] if processes.rank == 0 else []
    if processes.rank > 0:
        # What one of them warns of, all would.
        logging.getLogger("medimage").setLevel(logging.ERROR)
    on_cuda = resolve_device(task.training.device).type == "cuda"
    if on_cuda:
        torch.cuda.set_device(processes.rank)
    else:
        torch.set_num_threads(max(1, torch.get_num_threads() // processes.count))
    distributed.init_process_group("nccl" if on_cuda else "gloo", timeout=_TIMEOUT)
    try:
        with joined_run_log(rank=processes.rank):
            trained = run_stage(
                dataclasses.replace(task, train=train, validation=validation), observers=observers, processes=processes
            )
    except Exception as error:
        told = {"expected": isinstance(error, MedimageError), "text": str(error) or type(error).__name__}
        (sent.folder / f"failed-{processes.rank}.json").write_text(json.dumps(told), encoding="utf-8")
        raise
    distributed.destroy_process_group()
    return trained if processes.rank == 0 else None


def _explain(error: ChildFailedError, folder: Path) -> TrainingError:
    told = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("failed-*.json"))]
    expected = [each["text"] for each in told if each["expected"]]
    if expected:
        # A process that fails takes the others with it; what it says is the reason, what they say is not.
        return TrainingError(expected[0])
    rank, failure = error.get_first_failure()
    signalled = f"was ended by {failure.signal_name()}" if failure.exitcode < 0 else f"ended with {failure.exitcode}"
    others = "; ".join(dict.fromkeys(each["text"].splitlines()[0] for each in told))
    return TrainingError(
        f"Process {rank} of those that train together {signalled}, so the others were ended as well"
        f"{f' ({others})' if others else ''}. If the system ended it for lack of memory, set a smaller "
        "training.batch_size or fewer training.processes. Start the same command again to go on after the last epoch."
    )


@contextmanager
def _own_signals() -> Iterator[None]:
    """Gives signals back to whom they belonged: the launcher takes them for itself."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)
