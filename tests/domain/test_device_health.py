"""Which tablet needs care: at, under and over each limit."""

from __future__ import annotations

import pytest

from app.domain.device_health import Health, is_clock_wrong, is_disk_low, is_older, is_stale, troubles

DAY_MS = 24 * 3600 * 1000
MINUTE_MS = 60_000


@pytest.mark.parametrize("waiting", [{"entries": 1}, {"files": 1}, {"missing": 1}])
@pytest.mark.parametrize(("unseen_ms", "stale"), [(3 * DAY_MS - 1, False), (3 * DAY_MS, False), (3 * DAY_MS + 1, True)])
def test_with_something_only_on_it_a_tablet_is_stale_after_three_days(
    waiting: dict[str, int], unseen_ms: int, stale: bool
) -> None:
    assert is_stale(Health(unseen_ms, **waiting)) is stale


@pytest.mark.parametrize(
    ("unseen_ms", "stale"),
    [(3 * DAY_MS + 1, False), (14 * DAY_MS - 1, False), (14 * DAY_MS, False), (14 * DAY_MS + 1, True)],
)
def test_with_nothing_waiting_it_is_stale_after_fourteen(unseen_ms: int, stale: bool) -> None:
    assert is_stale(Health(unseen_ms)) is stale


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("offset_ms", "wrong"), [(0, False), (10 * MINUTE_MS - 1, False), (10 * MINUTE_MS, True), (25 * MINUTE_MS, True)]
)
def test_a_clock_is_wrong_from_ten_minutes_on_ahead_or_behind(sign: int, offset_ms: int, wrong: bool) -> None:
    assert is_clock_wrong(sign * offset_ms) is wrong


@pytest.mark.parametrize(("free_mb", "low"), [(-1, False), (0, True), (499, True), (500, False), (501, False)])
def test_a_disk_is_nearly_full_under_500_mb(free_mb: int, low: bool) -> None:
    assert is_disk_low(free_mb) is low


@pytest.mark.parametrize(
    ("version", "other", "older"),
    [
        ("0.9.0", "0.10.0", True),  # by number, not by letter
        ("0.10.0", "0.9.0", False),
        ("1.0", "1.0.0", False),
        ("1.0.0", "1.0", False),
        ("1", "1.0.1", True),
        ("", "1.0", False),
        ("1.0", "", False),
        ("1.0b1", "1.1", False),
    ],
)
def test_versions_are_compared_by_number(version: str, other: str, older: bool) -> None:
    assert is_older(version, other) is older


def test_a_sound_tablet_has_no_trouble() -> None:
    assert troubles(Health(0, entries=5, free_mb=9000, version="0.1.0"), "0.1.0") == ()


def test_every_trouble_is_named_the_most_urgent_first() -> None:
    worst = Health(15 * DAY_MS, 1, 1, 1, 1, -11 * MINUTE_MS, 20, "0.1.0", "stream_fork")
    assert troubles(worst, "0.2.0") == ("stale", "problem", "clock", "disk", "older")
    assert troubles(Health(0, version="0.3.0"), "0.2.0") == ("newer",)
