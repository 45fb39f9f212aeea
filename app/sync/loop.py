"""The device's one sync loop: meets central now and then, backs off with full jitter, rests when told to."""

import asyncio
import contextlib
import logging
import random
from typing import TYPE_CHECKING, Any, Final

from app.errors import AppError, DeviceRevoked, NotEnrolled
from app.store.db import Database
from app.store.node import OFFLINE, value_of
from app.sync.client import meet_central
from app.sync.link import CENTRAL_URL, Transport
from app.sync.progress import Progress
from app.sync.replies import Outcome

if TYPE_CHECKING:
    from app.sync.transport import HttpTransport

log = logging.getLogger("baqylau.sync")
FIRST_PAUSE_S: Final = 0.3
BACK_OFF: Final = 1.6  # a link that comes and goes is found soon, and one that is gone is asked ever less often
LONGEST_PAUSE_S: Final = 300.0
REFUSED: Final = 99  # failures, in one step: the pause is at its longest


class SyncLoop:
    """Runs beside the web app of a device. `state` is the app's: its database appears when somebody signs in."""

    def __init__(self, state: Any, transport: Transport | None) -> None:
        self.state, self.transport = state, transport
        self.failures = 0
        self.is_sending = False
        self.progress = Progress()
        self._wake = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._http: HttpTransport | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def wake(self) -> None:
        """Something was saved: try soon. Not after a refusal: then only a person's own "send now" asks again."""
        if self.failures < REFUSED:
            self._wake.set()

    async def meet_now(self) -> Outcome | None:
        """Meets central once, now. None when there is nothing to meet with. Raises AppError as `meet_central` does."""
        database: Database | None = self.state.database
        if database is None:
            return None
        async with self._one_at_a_time:
            self.is_sending, before = True, self.progress.total
            try:
                outcome = await asyncio.to_thread(meet_central, database, self._transport(database), self.progress)
            finally:
                self.is_sending = False
                if self.progress.total > before and self.failures < REFUSED:
                    self.failures = 0  # the link was there: what broke off now is the first failure
            self.failures = 0
            return outcome

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self.pause_s())
            self._wake.clear()
            await self._try()

    async def _try(self) -> None:
        """One meeting. Whatever goes wrong is counted and said: the loop itself must outlive it."""
        try:
            if self.may_send():
                await self.meet_now()
        except (DeviceRevoked, NotEnrolled) as error:
            # No retry storm: a person has to act first.
            self.failures = REFUSED
            log.warning("sync refused: %s", error.code)
        except AppError as error:
            self.failures += 1
            log.info("sync failed: %s", error.code)
        except Exception:
            self.failures += 1
            log.exception("sync broke off")

    def may_send(self) -> bool:
        """False while the device is locked, not enrolled, or told to stay offline."""
        database: Database | None = self.state.database
        if database is None:
            return False
        with database.read() as session:
            return value_of(session, OFFLINE) != "on" and bool(value_of(session, CENTRAL_URL))

    def pause_s(self) -> float:
        """Seconds until the next try: the usual interval, or full jitter over a growing ceiling after failures."""
        usual: float = self.state.settings.sync_every_s
        if not self.failures:
            return usual
        ceiling = min(LONGEST_PAUSE_S, BACK_OFF ** min(self.failures, 20))
        return min(usual, FIRST_PAUSE_S) + random.uniform(0, ceiling)  # noqa: S311 - spreading, not secrecy

    def _moved(self, count: int) -> None:
        self.progress.moved(count, self.state.clock.now_ms())

    def _transport(self, database: Database) -> Transport:
        if self.transport is not None:
            return self.transport
        with database.read() as session:
            url = value_of(session, CENTRAL_URL)
        from app.sync.transport import HttpTransport  # an HTTP client: not before there is somebody to speak with

        if self._http is None or self._http.base_url != url:
            if self._http:
                self._http.close()
            self._http = HttpTransport(url, self.state.settings.sync_timeout_s)
            self._http.on_sent = self._moved
        return self._http
