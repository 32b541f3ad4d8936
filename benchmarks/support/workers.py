"""Processes for work side by side, which end with the process that started them."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor

import torch


def open_workers(count: int, *, threads: int) -> ProcessPoolExecutor:
    """Returns worker processes.

    Args:
        count: How many.
        threads: Threads that PyTorch uses in each.
    """
    # A forked process would inherit threads of PyTorch that are not there.
    return ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(threads,)
    )


def _begin(threads: int) -> None:
    torch.set_num_threads(threads)
    # A worker looks for its parent when its work is done only, which may be hours after the parent was killed.
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
