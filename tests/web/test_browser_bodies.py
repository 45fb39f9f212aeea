"""Bodies that browsers send: in memory only, and no more of them than a photo needs."""

from __future__ import annotations

import tempfile

import pytest
from starlette.datastructures import UploadFile

from app.web.bodies import FORM_BYTES
from tests.web.nodes import Browser, Node, Visiting, problem_of
from tests.web.test_photos import photograph, picture


def test_a_photo_of_megabytes_is_never_written_to_a_temporary_file(
    ana: Browser, visit: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(file: object) -> None:
        raise AssertionError("an uploaded file went to the disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", written)
    assert photograph(ana, visit, picture() + b"\0" * (3 * 2**20)).status_code == 200


def test_who_is_not_signed_in_cannot_fill_the_memory(
    device: Node, visit: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    async def noting(file: UploadFile, data: bytes) -> None:
        held.append(len(data))

    monkeypatch.setattr(UploadFile, "write", noting)
    reply = photograph(device.browser(), visit, picture() + b"\0" * (2 * 2**20))
    assert reply.status_code == 401
    assert "Sign in first" in problem_of(reply.text)
    assert sum(held) <= FORM_BYTES
