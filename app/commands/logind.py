"""A closing lid, as logind tells it over D-Bus. Only where there is a system bus: on Linux, and not in a container."""

import socket
from typing import Final

from jeepney import DBusErrorResponse, HeaderFields, MatchRule, message_bus
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

LOGIND: Final = "org.freedesktop.login1"
PREPARE_FOR_SLEEP: Final = ("org.freedesktop.login1.Manager", "PrepareForSleep")  # (True,) before, (False,) after
LOCK: Final = ("org.freedesktop.login1.Session", "Lock")  # the lock screen of the desktop, or `loginctl lock-session`


class Logind:
    """Listens on the system bus. `sock` is what the launcher waits on."""

    def __init__(self) -> None:
        """Raises OSError where there is no bus to listen on."""
        try:
            self.connection: DBusConnection = open_dbus_connection(bus="SYSTEM")
            bus = Proxy(message_bus, self.connection, timeout=2)
            for interface, member in (PREPARE_FOR_SLEEP, LOCK):
                bus.AddMatch(MatchRule(type="signal", sender=LOGIND, interface=interface, member=member))
        except (KeyError, ValueError, RuntimeError, DBusErrorResponse) as error:
            raise OSError("no system bus") from error
        self.sock: socket.socket = self.connection.sock

    def asks_to_lock(self) -> bool:
        """Reads all that came. Raises OSError, EOFError when the bus is gone."""
        asked = False
        while True:
            try:
                message = self.connection.receive(timeout=0)
            except TimeoutError:
                return asked
            fields = message.header.fields
            signal = (fields.get(HeaderFields.interface), fields.get(HeaderFields.member))
            asked = asked or signal == LOCK or (signal == PREPARE_FOR_SLEEP and message.body == (True,))
