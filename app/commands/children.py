"""How the launcher's children are started. Nothing heavy is imported here: this is the first thing that a start does."""

import multiprocessing
from multiprocessing.context import BaseContext


def begin() -> BaseContext:
    """Where it can be, children are copies of a process that has imported the program once: they are there in milliseconds,
    and share that memory. It begins to import now, beside what the launcher itself still has to do."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing.forkserver import ensure_running, set_forkserver_preload

    set_forkserver_preload(["app.commands.warm"])
    ensure_running()
    return multiprocessing.get_context("forkserver")
