"""Posted forms, read before the route runs: routes stay plain functions and never wait for the network."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

LONGEST_FIELD = 12_000  # letters; what a service refuses is shorter, so that its sentence is reached
MOST_FIELDS = 200


async def posted_form(request: Request) -> FormData:
    """The form as it was sent, with names that stand several times."""
    return await request.form(max_fields=MOST_FIELDS)


PostedForm = Annotated[FormData, Depends(posted_form)]


async def typed_form(form: PostedForm) -> dict[str, str]:
    """The posted texts; files are left to the routes that take them."""
    return {name: value[:LONGEST_FIELD] for name, value in form.items() if isinstance(value, str)}


TypedForm = Annotated[dict[str, str], Depends(typed_form)]
