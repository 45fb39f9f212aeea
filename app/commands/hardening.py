"""What a server's process forbids itself before it holds a key: no dump of its memory reaches a disk."""

import contextlib
import ctypes
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def forbid_dumps() -> None:
    """No core file when the process crashes; on Linux also no debugger of the same user. Windows has neither switch."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):  # it was forbidden already, and more strictly
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
