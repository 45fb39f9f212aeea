"""What Windows tells of lid and sleep, told by a stand-in for its power library."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pytest

from app.commands import windows_power
from app.commands.windows_power import LID, SETTING_CHANGED, SUSPENDS, Setting, Subscription, WindowsPower

RESUMES, OTHER = 0x0012, "02731015-4510-4526-99e6-e5a17ebd1aea"


class Powrprof:
    """Keeps who wants to be called, and calls as Windows does."""

    def __init__(self, refusal: int = 0) -> None:
        self.refusal, self.guid = refusal, b""
        self.subscriptions: list[Subscription] = []

    def PowerRegisterSuspendResumeNotification(self, flags: int, to: Any, handle: Any) -> int:
        self.subscriptions.append(to._obj)
        return self.refusal

    def PowerSettingRegisterNotification(self, guid: Any, flags: int, to: Any, handle: Any) -> int:
        self.guid = bytes(guid._obj)
        self.subscriptions.append(to._obj)
        return self.refusal

    def tell(self, kind: int, guid: bytes = b"", value: int = 0) -> None:
        setting = Setting((ctypes.c_ubyte * 16).from_buffer_copy(guid or bytes(16)), 4, value)
        assert self.subscriptions[0].callback(None, kind, ctypes.addressof(setting) if guid else None) == 0


def test_sleep_and_a_closed_lid_ask_to_lock_and_nothing_else_does() -> None:
    windows = Powrprof()
    power = WindowsPower(windows)
    assert len(windows.subscriptions) == 2 and windows.guid == LID.bytes_le
    for kind, guid, value in (
        (SETTING_CHANGED, LID.bytes_le, 1),  # open: said once at the start
        (RESUMES, b"", 0),
        (SETTING_CHANGED, windows_power.uuid.UUID(OTHER).bytes_le, 0),  # the screen went dark
    ):
        windows.tell(kind, guid, value)
        assert not power.asks_to_lock()
    windows.tell(SETTING_CHANGED, LID.bytes_le, 0)
    windows.tell(SUSPENDS)
    assert power.asks_to_lock()
    assert not power.asks_to_lock()  # read


def test_a_windows_that_refuses_and_no_windows_at_all_are_said() -> None:
    with pytest.raises(OSError):
        WindowsPower(Powrprof(refusal=5))
    if sys.platform != "win32":
        with pytest.raises(OSError):
            WindowsPower()
