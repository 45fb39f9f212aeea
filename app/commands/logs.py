"""What a server writes to its log: the program's own sentences, and where something broke, never with what.

The message of an exception may repeat what somebody typed ("invalid literal for int(): …") or a row of the database,
so of an exception only its types and places are written. Nothing else of the program's or its libraries' is below a warning.
"""

import logging
import threading
import traceback
from types import TracebackType
from typing import Any, Final, TypeAlias

ExcInfo: TypeAlias = "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"
LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"reticent": {"()": "app.commands.logs.Reticent", "format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "reticent"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}
OWN: Final = ("baqylau", "uvicorn")  # whose sentences are known


class Reticent(logging.Formatter):
    """Writes no message of an exception, and of libraries the first line alone: asyncio's second one repeats them."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        if not record.name.startswith(OWN):
            record.message = record.message.partition("\n")[0]
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:
        return "\n".join(_places(ei[1]))


def _places(error: BaseException | None) -> list[str]:
    """The types of an exception and of those behind it, each with the lines of code through which it came."""
    lines: list[str] = []
    while error is not None:
        lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
        lines += [
            f"  {at.filename}:{at.lineno} in {at.name}" for at in traceback.extract_tb(error.__traceback__, limit=-12)
        ]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


def log_what_threads_meet() -> None:
    """A thread that breaks off would print its exception itself, message and all."""
    threading.excepthook = _log_thread


def _log_thread(broken: threading.ExceptHookArgs) -> None:
    if broken.exc_value is not None:
        logging.getLogger("baqylau").error("a thread broke off", exc_info=broken.exc_value)
