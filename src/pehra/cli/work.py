"""`pehra work`: workers, in this process or in several, until SIGTERM or Ctrl-C.

A worker that is told to stop puts the job that it is at back into the queue, so any other may take
it up at once; a worker that is killed loses its lease, and another takes the job over then.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from pehra.cli import door
from pehra.kernel import log

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from multiprocessing.process import BaseProcess

app = typer.Typer(help="Run a worker.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
_PAUSE = 1.0
_GRACE = 30.0


@app.command()
def work(
    *,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many workers.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
    as_json: Json = False,
) -> None:
    """Do queued work until told to stop; one of all workers also queues what is scheduled."""
    door.open_home()
    if once:
        from pehra.jobs.work import run_due
        from pehra.kernel.time import clock

        count = run_due(clock())
        door.say(as_json, {"jobs": count}, [f"{count} jobs."])
        return
    log.set_up("INFO")
    stop = stop_on_signal()
    if processes == 1:
        log.logger(__name__).info("worker waits for work", worker=worker_name())
        _run(stop)
    else:
        log.logger(__name__).info("workers wait for work", processes=processes)
        keep_workers(processes, stop)
    door.say(as_json, {"stopped": True}, ["Stopped."])


def worker_name() -> str:
    """Machine and process: unique among workers that are alive."""
    return f"{socket.gethostname()}:{os.getpid()}"


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set; call it in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def keep_workers(count: int, stop: threading.Event) -> None:
    """Keep `count` worker processes alive until `stop`, then end them; for `pehra run` too."""
    context = multiprocessing.get_context("spawn")
    crew: list[SpawnProcess] = []
    while not stop.is_set():
        crew = [process for process in crew if process.is_alive()]
        while len(crew) < count:
            process = context.Process(target=_in_process, name="pehra-worker")
            process.start()
            crew.append(process)
        # One that died at once must not be started in a storm.
        stop.wait(_PAUSE)
    for process in crew:
        process.terminate()
    ends = time.monotonic() + _GRACE
    for process in crew:
        process.join(max(0.0, ends - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


def _in_process() -> None:
    door.open_home()
    log.set_up("INFO")
    stop = stop_on_signal()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent, stop), daemon=True).start()
    _run(stop)


def _follow(parent: BaseProcess, stop: threading.Event) -> None:
    """Stop when the parent is gone, even where it was killed and could not say so."""
    parent.join()
    stop.set()


def _run(stop: threading.Event) -> None:
    from pehra.jobs.work import Worker

    Worker(worker_name()).run(stop)
