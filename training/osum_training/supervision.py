"""Processes that live and die together: none goes on when the one that started it is gone, and none waits for one that
was killed.
"""

import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from .errors import InputError


def end_with_parent() -> None:
    """Ends this process as soon as the process that started it ends, however that came about."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def on_early_end(processes: Sequence[BaseProcess], act: Callable[[], None]) -> None:
    """Calls `act`, from a thread, when one of the processes ends otherwise than with exit code 0."""

    def watch() -> None:
        left = list(processes)
        while left:
            wait([process.sentinel for process in left])
            ended = [process for process in left if process.exitcode is not None]
            if any(process.exitcode for process in ended):
                act()
                return
            left = [process for process in left if process not in ended]

    threading.Thread(target=watch, daemon=True).start()


def ended_early(what: str, processes: Sequence[BaseProcess]) -> InputError:
    """The sentence for processes of which one ended before its time."""
    code = min((process.exitcode for process in processes if process.exitcode), default=1)  # a signal is negative
    cause = "memory may have run out, try --processes 1" if code == -9 else "see its message above"
    return InputError(
        f"a process of {what} ended early (exit code {code}): {cause}; run the same command again, "
        "it goes on from what was saved"
    )


def _guarded(work: Callable[..., None], arguments: tuple, told: Connection) -> None:
    end_with_parent()
    try:
        work(*arguments)
    except InputError as error:
        told.send(str(error))
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception:
        traceback.print_exc()
        raise SystemExit(1) from None


def run_processes(what: str, count: int, work: Callable[..., None], *arguments: Any) -> None:
    """Runs `work(*arguments)` in `count` fresh processes until all have ended. When one fails the others are ended too,
    and an InputError tells why.
    """
    context = multiprocessing.get_context("spawn")
    hears, tells = context.Pipe(duplex=False)
    processes = [
        context.Process(target=_guarded, args=(work, arguments, tells), daemon=True, name=f"{what} {n}")
        for n in range(count)
    ]
    for process in processes:
        process.start()
    left = list(processes)
    try:
        while left:
            wait([process.sentinel for process in left])
            if any(process.exitcode for process in left):
                raise InputError(hears.recv()) if hears.poll() else ended_early(what, left)
            left = [process for process in left if process.exitcode is None]
    finally:
        for process in left:
            process.terminate()
            process.join()
