"""Sample views of the hub's page."""

from datetime import UTC, datetime

from app.web.contexts import Problem
from app.web.hub import HubPage, HubShown

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHOWN = HubShown("https://192.168.43.1:8000", "ABCD-EFGH-IJKL-MNOP", "http://192.168.43.1:8001", "M0 0h1v1h-1z", 33)
PAGES = (
    HubPage(None, "", None, "", "", "", ()),
    HubPage(SHOWN, "", None, "", "", "", ()),
    HubPage(HubShown("http://192.168.43.1:8000", "", "", "", 0), "", None, "", "", "", ()),
    HubPage(None, "https://192.168.43.1:8000", NOON, "Топ ноутбугі", "", "", ()),
    HubPage(None, "http://192.168.43.1:8000", None, "", "htp:/x", "", (Problem("url", "Мекенжайды тексеріңіз."),)),
)
