"""An enrolment that a page has begun. Between the office's answer and the first passphrase it lives in memory and in a
folder of its own, for 15 minutes at most; a start throws away what an earlier process left."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from app.clock import Clock
from app.config import Settings
from app.errors import InvalidInput
from app.store.device_people import waiting_people
from app.sync import client
from app.sync.enrolling import CODE_USED_UP, NewDevice, checked_url, tidy
from app.sync.link import Transport

LIFE_MS: Final = 15 * 60_000


class BegunEnrolment:
    """The one of this process. `connect` opens the way to an address, held to pins (see `tls.trust_in`)."""

    def __init__(self, settings: Settings, clock: Clock, connect: Callable[[str, str], Transport]) -> None:
        self.settings, self.clock, self.connect = settings, clock, connect
        self.is_code_used_up = False  # by an enrolment that was thrown away, until the next try
        self._device: NewDevice | None = None
        self._is_ready = False  # linked, and the names of its people are here
        self._tried_at_ms = 0
        self._one_at_a_time = threading.RLock()

    def start(self) -> None:
        """Settles what an earlier process left. Not before this one serves: a child that waits locked and ready must not
        throw away what the serving one has begun."""
        tidy(Path(self.settings.data_dir))

    def begin(self, url: str, code: str) -> None:
        """Links a new device to the office and fetches the names of its people.

        Raises InvalidInput, FolderTaken, EnrolmentRefused, and what speaks against the answer or the network. Then the
        same code may be tried again: the office knows the device that used it.
        """
        with self._one_at_a_time:
            self.throw_away_old()
            address = checked_url(url)
            self.is_code_used_up, self._is_ready = False, False
            self._device = self._device or NewDevice(self.settings, self.clock)
            self._tried_at_ms = self.clock.now_ms()
            self._device.enrol(self.connect(address, ""), address, code)
            client.meet_central(self._device.database, self.connect(address, self._device.pins()))
            self._is_ready = True

    def name(self) -> str:
        """What the office calls the device that waits for passphrases; empty when none does."""
        with self._one_at_a_time:
            self.throw_away_old()
            return self._device.name if self._device and self._is_ready else ""

    def people(self) -> dict[str, str]:
        """Person id -> name of those who may get a passphrase now."""
        with self._one_at_a_time:
            return waiting_people(self._device.database) if self._device and self.name() else {}

    def finish(self, passphrases: Mapping[str, str]) -> str:
        """Gives the passphrases, which `new_passphrase` has found good. From now on people sign in.

        Returns the code of the recovery card. Raises InvalidInput when there is nothing to finish (any more).
        """
        with self._one_at_a_time:
            if not self._device or not self.name():
                raise InvalidInput(CODE_USED_UP)
            try:
                self._device.give_passphrases(passphrases)
                code = self._device.make_card()
            except BaseException:
                self.throw_away()
                raise
            done, self._device = self._device, None
            done.settle()
            return code

    def throw_away_old(self) -> None:
        with self._one_at_a_time:
            if self.clock.now_ms() - self._tried_at_ms > LIFE_MS:
                self.throw_away()

    def throw_away(self) -> None:
        """Forgets what was begun. A code that the office took is used up by it."""
        with self._one_at_a_time:
            if self._device:
                self.is_code_used_up = bool(self._device.name)
                self._device.throw_away()
            self._device = None
