"""Requests that schemathesis makes from an OpenAPI document: such as fit it, and such as fit it nowhere."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode

# Nothing is made smaller after a failure: the node remembers, and may answer the same request otherwise.
ONCE: Final = settings(database=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))


def operations_of(document: dict[str, Any]) -> list[Any]:
    """What can be asked of a node, as its document says."""
    return [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]


def cases_of(operation: Any, examples: int) -> Iterator[Case]:
    """Requests of one operation, twice `examples` at most: such as fit the document, then such as do not."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        made: list[Case] = []
        with contextlib.suppress(Unsatisfiable):  # where everything fits, nothing can be wrong
            collect(operation.as_strategy(generation_mode=mode), made.append, examples)
        yield from made


def collect(strategy: Any, take: Callable[[Case], None], examples: int) -> None:
    settings(ONCE, max_examples=examples)(given(strategy)(lambda case: take(case)))()


def as_bytes(case: Case, origin: str) -> tuple[str, str, bytes, dict[str, bytes]]:
    """(method, address, body, headers) as they go over the wire."""
    ready = requests.Request(**case.as_transport_kwargs(base_url=origin)).prepare()
    body = ready.body.encode() if isinstance(ready.body, str) else ready.body or b""
    headers = {name: value if isinstance(value, bytes) else value.encode() for name, value in ready.headers.items()}
    return ready.method or "", ready.url or "", body, headers
