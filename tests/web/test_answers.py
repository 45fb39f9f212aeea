"""Taps on an indicator: saved once, in order, never lost, never under another name."""

from __future__ import annotations

import re

import pytest

from tests.web.nodes import PERSON_IDS, Browser, Visiting, person_name, problem_of, text_of


def test_a_tap_is_saved_and_named_in_the_reply(ana: Browser, visit: Visiting) -> None:
    reply = ana.tap(visit.answer_url("B1"), value="no", seen="", tap="t1", person=PERSON_IDS["ana"])
    assert reply.status_code == 200
    assert reply.headers["X-Op-Ack"] == "t1"
    assert visit.answer("B1")["value"] == "no"
