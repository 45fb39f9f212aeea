"""What is typed reaches no log: not in the ordinary run of a tablet at its most talkative, and not when something breaks."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import logging
import logging.config
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from app.commands.logs import LOGGING, log_what_threads_meet
from app.services import answers
from app.store.node import VALUE
from tests.web.busy import make_busy_tablet
from tests.web.crawling import crawl, filled, typed_forms
from tests.web.nodes import Browser, Node, Visiting

CANARY = "qanat-qus"
ROOT = Path(__file__).resolve().parents[2]
PAGES_TO_READ = r"^/(checklists|standards|interviews|guides)|/booklet|/mandate|/meanings/"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a server's log would hold; the handlers of the tests are put back."""
    root, written = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level, threading.excepthook
    for name in ("uvicorn", "uvicorn.error"):  # as in a process of its own: other tests start servers in this one
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
    logging.config.dictConfig({**LOGGING, "handlers": {"stderr": {**LOGGING["handlers"]["stderr"], "stream": written}}})
    log_what_threads_meet()
    yield written
    root.handlers[:], root.level, threading.excepthook = before


def test_no_field_is_repeated_in_a_log_however_talkative(
    device: Node, ana: Browser, visit: Visiting, caplog: pytest.LogCaptureFixture
) -> None:
    make_busy_tablet(device, ana, visit)
    seen = crawl(ana.get, "device", each=2, leave_out=PAGES_TO_READ)
    caplog.set_level(logging.WARNING, "httpx2")  # the test's own browser, which logs where it goes
    with caplog.at_level(logging.DEBUG):
        for form in typed_forms(seen.forms):
            ana.post(form.action, data=filled(form, lambda form, one: CANARY), headers={"Referer": f"/x?{CANARY}"})
        ana.get("/visits/new", params={"search": CANARY})
        ana.post("/sync/photos", data={"wrong": CANARY})
        logging.getLogger("baqylau").debug("the test sees what is logged")
    assert "the test sees" in caplog.text and CANARY not in caplog.text


def test_a_crash_is_logged_with_its_place_and_without_what_was_typed(
    ana: Browser, visit: Visiting, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*given: object, **more: object) -> None:
        try:
            int(CANARY)
        except ValueError as error:
            raise RuntimeError(f"cannot keep {CANARY}") from error

    monkeypatch.setattr(answers, "check_answer", breaks)
    try:
        ana.tap(visit.answer_url("B1"), note=CANARY)
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")  # as uvicorn does
    assert "builtins.RuntimeError" in log.getvalue() and "builtins.ValueError" in log.getvalue()
    assert "in breaks" in log.getvalue() and CANARY not in log.getvalue()


def test_the_database_says_no_row_that_it_refuses(device: Node, log: io.StringIO) -> None:
    with pytest.raises(IntegrityError) as refused, device.database.write() as session:
        for _ in range(2):
            session.execute(VALUE.insert(), {"name": CANARY, "value": CANARY})
    assert CANARY not in str(refused.value)


def test_neither_threads_nor_tasks_repeat_what_broke_them(log: io.StringIO) -> None:
    def breaks() -> None:
        raise ValueError(CANARY)

    thread = threading.Thread(target=breaks)
    thread.start()
    thread.join()

    async def never_looked_at() -> None:
        loop = asyncio.get_running_loop()
        error = ValueError(CANARY)
        loop.call_exception_handler({"message": "Task exception was never retrieved", "exception": error, "of": error})

    asyncio.run(never_looked_at())
    assert log.getvalue().count("builtins.ValueError") == 2 and CANARY not in log.getvalue()


def test_nothing_that_could_tell_others_is_installed_or_switched_on(device: Node, central: Node) -> None:
    assert importlib.util.find_spec("opentelemetry.sdk") is None
    assert importlib.util.find_spec("sentry_sdk") is None
    assert "opentelemetry-sdk" not in (ROOT / "requirements.lock").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "fastapi[" not in " ".join(project["project"]["dependencies"])
    for node in (device, central):
        told = node.app._telemetry
        assert not any(told[name] for name in ("auto_configure", "logs", "metrics", "operation_spans", "tracing"))


def test_a_form_that_is_refused_says_nothing_of_what_was_sent(ana: Browser, visit: Visiting) -> None:
    for path in (f"{visit.url}/arrival", f"{visit.url}/signature", f"{visit.url}/repeats"):
        reply = ana.post(path, data=dict.fromkeys(("arrived_at", "dissent", "name"), CANARY * 2000))
        assert reply.status_code == 422 and CANARY not in reply.text
