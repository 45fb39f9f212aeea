"""GET /health: is the node alive, and is it really ours (the reply is signed; a nonce makes it fresh)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app import __version__
from app.store.db import Database
from app.sync.server import signed
from app.sync.wire import Health
from app.web.deps import open_to_all

router = APIRouter()


@router.get("/health")
@open_to_all
def health(request: Request, nonce: Annotated[str, Query(pattern="^[0-9a-f]{0,64}$")] = "") -> Response:
    """Alive, with role, version and protocol. A locked device has no key to sign with and says so by no signature."""
    state = request.app.state
    told = Health(role=state.settings.role, version=__version__, nonce=nonce, now_ms=state.clock.now_ms())
    body = told.model_dump_json().encode()
    database: Database | None = state.database
    if database is None or database.node is None:
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
    return signed(database.node, "health", told.nonce, body)
