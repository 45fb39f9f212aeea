"""The device's one sync loop: meets central now and then, backs off with full jitter, rests when told to."""

import asyncio
import contextlib
import logging
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.domain.wiping import ORDER
from app.errors import AppError, CentralNotGenuine, CentralUnreachable, DeviceRevoked, NotEnrolled
from app.store import office_policy, wiping
from app.store.db import Database
from app.store.node import OFFLINE, value_of
from app.sync import orders, tls
from app.sync.client import meet_central
from app.sync.hub import HUB_CA, HUB_URL, meet_hub
from app.sync.link import CENTRAL_URL, CentralBusy, Transport
from app.sync.progress import Progress
from app.sync.replies import Outcome

if TYPE_CHECKING:
    from app.sync.transport import HttpTransport

log = logging.getLogger("baqylau.sync")
FIRST_PAUSE_S: Final = 0.2
QUICK_TRIES: Final = 16  # in the first seconds after a link broke: it may be a doorway, and a try costs nothing
QUICK_SPREAD_S: Final = 0.4
BACK_OFF: Final = 1.25  # afterwards: a link that stays away is asked ever less often
LONGEST_PAUSE_S: Final = 300.0  # nobody on the way can silence a tablet for longer
MOST_HEEDED_S: Final = 240.0  # of a Retry-After: the rest of the longest pause is for the spreading
REFUSED: Final = 99  # failures, in one step: the pause is at its longest


def spread_s(failures: int) -> float:
    """The most that chance adds to the first pause, after so many failures in a row."""
    return min(LONGEST_PAUSE_S, QUICK_SPREAD_S * BACK_OFF ** min(max(0, failures - QUICK_TRIES), 40))


class SyncLoop:
    """Runs beside the web app of a device. `state` is the app's: its database appears when somebody signs in."""

    def __init__(self, state: Any, transport: Transport | None) -> None:
        self.state, self.transport = state, transport
        self.failures = 0
        self.asked_s: float | None = None  # a busy answer asks for this pause (0: for none); None: nobody answered so
        self.is_sending = False
        self.progress = Progress()
        self._wake = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._open: dict[str, tuple[str, str, HttpTransport]] = {}  # by whom: address, trusted certificate, connection
        self.hub_transport: Transport | None = None  # replaces the network to the hub in tests

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def wake(self) -> None:
        """Something was saved: try soon. Not after a refusal, nor in a pause that was asked for: then only a person's own
        "send now" asks again."""
        if self.failures < REFUSED and not self.asked_s:
            self._wake.set()

    async def rush(self) -> None:
        """An alert was saved: try at once, once, whatever pause was asked for. A child does not wait for it."""
        self._wake.set()

    def start_over(self) -> None:
        """The device was linked anew: what was refused before is no reason to wait any more."""
        self.failures, self.asked_s = 0, None
        self._wake.set()

    def connect(self, url: str, pins: str = "") -> Transport:
        """A way to the office at this address, before it is this device's own. `pins`: see `tls.trust_in`."""
        if self.transport is not None:
            return self.transport
        from app.sync.transport import HttpTransport  # an HTTP client: not before there is somebody to speak with

        return HttpTransport(url, self.state.settings.sync_timeout_s, tls.trust_in(pins))

    async def meet_now(self) -> Outcome | None:
        """Meets central once, now. None when there is nothing to meet with. Raises AppError as `meet_central` does."""
        database: Database | None = self.state.database
        if database is None:
            return None
        async with self._one_at_a_time:
            self.is_sending, before = True, self.progress.total
            try:
                outcome = await asyncio.to_thread(self._meet, database)
                await asyncio.to_thread(office_policy.take_up, self.state, database)
            except orders.WipeOrdered as ordered:
                self.state.lock.empty(ORDER, order_id=ordered.order_id)
                return None
            finally:
                self.is_sending = False
                if self.progress.total > before and self.failures < REFUSED:
                    self.failures = 0  # the link was there: what broke off now is the first failure
            # After a hub: central is still away, but the hub is near, and is met again soon.
            self.failures = 0 if outcome else 1
            return outcome

    def _meet(self, database: Database) -> Outcome | None:
        """Meets central; where it is away, the hub, if one was joined (None then). A hub never stands for central."""
        self.asked_s = None
        try:
            outcome = meet_central(database, self._transport(database), self.progress)
            wiping.wipe_due(database, wiping.policy_of(self.state.settings))
            return outcome
        except (CentralUnreachable, CentralNotGenuine) as error:
            self.asked_s = error.pause_s if isinstance(error, CentralBusy) else None
            hub = self._hub_transport(database)
            if hub is None:
                raise
            meet_hub(database, hub)
            return None

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self.pause_s())
            self._wake.clear()
            await self._try()

    async def _try(self) -> None:
        """One meeting. Whatever goes wrong is counted and said: the loop itself must outlive it."""
        try:
            await asyncio.to_thread(self._finish_wipes)
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

    def _finish_wipes(self) -> None:
        """What was removed before, and is not quite gone; what a device said last that was here before."""
        if self.state.database is not None:
            wiping.finish(self.state.database)
        orders.send_last_word(Path(self.state.settings.data_dir), self.connect)

    def may_send(self) -> bool:
        """False while the device is locked, not enrolled, or told to stay offline."""
        database: Database | None = self.state.database
        if database is None:
            return False
        with database.read() as session:
            return value_of(session, OFFLINE) != "on" and bool(value_of(session, CENTRAL_URL))

    def pause_s(self) -> float:
        """Seconds until the next try: the usual interval, or full jitter over a growing ceiling after failures.

        Where somebody answered that it is too much, the pause that they ask for comes first, or half the usual interval,
        and those who were told so at once spread over as long again: or the storm would only be put off.
        """
        usual: float = self.state.settings.sync_every_s
        if not self.failures:
            return usual
        first, spread = min(usual, FIRST_PAUSE_S), spread_s(self.failures)
        if self.asked_s is not None:
            first = min(max(self.asked_s, usual / 2), MOST_HEEDED_S)
            spread = min(max(spread, first, usual), LONGEST_PAUSE_S - first)
        return first + random.uniform(0, spread)  # noqa: S311 - spreading, not secrecy

    def _moved(self, count: int) -> None:
        self.progress.moved(count, self.state.clock.now_ms())

    def _transport(self, database: Database) -> Transport:
        if self.transport is not None:
            return self.transport
        with database.read() as session:
            url, pins = value_of(session, CENTRAL_URL), value_of(session, tls.TLS_PINS)
        http = self._connection("central", url, pins)
        http.on_sent = self._moved
        return http

    def _hub_transport(self, database: Database) -> Transport | None:
        """The way to the hub; None when this device joined none."""
        with database.read() as session:
            url, trusted = value_of(session, HUB_URL), value_of(session, HUB_CA)
        if self.hub_transport is not None or not url:
            return self.hub_transport
        return self._connection("hub", url, trusted)

    def _connection(self, whom: str, url: str, trusted: str) -> "HttpTransport":
        """The connection to an address: the one there is, or a new one. `trusted`: see `tls.trust_in`."""
        from app.sync.transport import HttpTransport  # an HTTP client: not before there is somebody to speak with

        if whom in self._open and self._open[whom][:2] != (url, trusted):
            self._open.pop(whom)[2].close()
        if whom not in self._open:
            transport = HttpTransport(url, self.state.settings.sync_timeout_s, tls.trust_in(trusted))
            self._open[whom] = (url, trusted, transport)
        return self._open[whom][2]
