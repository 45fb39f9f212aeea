"""Language and look, kept in a cookie of the reader's browser."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.web.deps import open_to_all
from app.web.language import LANGUAGES
from app.web.render import HANDS, SIZES, THEMES, page, preferences_cookie, preferences_of

router = APIRouter()
ALLOWED = {"language": LANGUAGES, "theme": THEMES, "size": SIZES, "hand": HANDS}
YEAR_S = 365 * 24 * 3600


@router.post("/preferences")
@open_to_all
def choose(
    request: Request,
    next: Annotated[str, Form()] = "/",
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
    size: Annotated[str, Form()] = "",
    hand: Annotated[str, Form()] = "",
) -> Response:
    """Keeps a choice and goes back to where the reader was."""
    chosen = vars(preferences_of(request)).copy()
    for name, value in (("language", language), ("theme", theme), ("size", size), ("hand", hand)):
        if value in ALLOWED[name]:
            chosen[name] = value
    response = RedirectResponse(own_path(next), 303, {"Cache-Control": "no-store"})
    cookie = f"{request.app.state.settings.cookie_name}_look"
    value = preferences_cookie(type(preferences_of(request))(**chosen))
    response.set_cookie(cookie, value, max_age=YEAR_S, samesite="strict", httponly=False, path="/")
    return response


@router.get("/hidden")
@open_to_all
def hidden(request: Request) -> Response:
    """The neutral page of quick hide."""
    return page(request, "hidden/page.html")


def own_path(path: str) -> str:
    """A path of this node, or its start: never another host."""
    is_own = path.startswith("/") and not path.startswith("//") and not urlsplit(path).netloc
    return path if is_own and path.isprintable() and "\\" not in path else "/"
