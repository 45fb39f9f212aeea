"""A closing lid and sleep, as Windows tells them by callback: no window is needed for it.

Source: Microsoft, `PowerRegisterSuspendResumeNotification`, `PowerSettingRegisterNotification`, GUID_LIDSWITCH_STATE_CHANGE.
"""

import ctypes
import socket
import sys
import uuid
from typing import Any, Final

DEVICE_NOTIFY_CALLBACK: Final = 2
SUSPENDS: Final = 0x0004  # PBT_APMSUSPEND
SETTING_CHANGED: Final = 0x8013  # PBT_POWERSETTINGCHANGE
LID: Final = uuid.UUID("ba3e0f4d-b817-4094-a2d1-d56379e6a0f3")
Callback: Final = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)(
    ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p
)


class Subscription(ctypes.Structure):
    """DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS: whom to call."""

    _fields_ = (("callback", Callback), ("context", ctypes.c_void_p))


class Setting(ctypes.Structure):
    """POWERBROADCAST_SETTING with a value of four bytes: what changed, and to what."""

    _fields_ = (("guid", ctypes.c_ubyte * 16), ("length", ctypes.c_ulong), ("value", ctypes.c_ulong))


class WindowsPower:
    """Listens for power events. `sock` is what the launcher waits on; the callback comes in a thread of Windows."""

    def __init__(self, powrprof: Any = None) -> None:
        """`powrprof`: the library; None: that of this Windows. Raises OSError where there is none, or it refuses."""
        powrprof = powrprof or _system_library()
        self.sock, self._told = socket.socketpair()
        self.sock.setblocking(False)
        self._subscription = Subscription(
            Callback(self._hear), None
        )  # kept: Windows calls it for as long as this lives
        handles, to = (ctypes.c_void_p(), ctypes.c_void_p()), ctypes.byref(self._subscription)
        lid = (ctypes.c_ubyte * 16).from_buffer_copy(LID.bytes_le)
        for refused in (
            powrprof.PowerRegisterSuspendResumeNotification(DEVICE_NOTIFY_CALLBACK, to, ctypes.byref(handles[0])),
            powrprof.PowerSettingRegisterNotification(
                ctypes.byref(lid), DEVICE_NOTIFY_CALLBACK, to, ctypes.byref(handles[1])
            ),
        ):
            if refused:
                raise OSError(refused, "Windows tells nothing of its power")

    def asks_to_lock(self) -> bool:
        """Reads all that came."""
        try:
            return bool(self.sock.recv(4096))
        except BlockingIOError:
            return False

    def _hear(self, _: object, kind: int, setting: int | None) -> int:
        if kind == SUSPENDS or (kind == SETTING_CHANGED and setting and _is_lid_closed(setting)):
            self._told.send(b"!")
        return 0


def _system_library() -> Any:
    if sys.platform == "win32":
        return ctypes.WinDLL("powrprof")
    raise OSError("no Windows")


def _is_lid_closed(address: int) -> bool:
    """Windows tells the state of the lid at once when one asks: an open one locks nothing."""
    told = Setting.from_address(address)
    return bytes(told.guid) == LID.bytes_le and told.value == 0
