"""The rules that the deploying body sets: which there are, and which of two values is the stricter. Pure.

Each rule stands for one setting of `app.config`, which knows its default and what it may be. The body's file says a rule
as `[section]` and `name`; a computer's own setting may only be stricter than the body's rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

KIND: Final = "policy"  # of the entry by which tablets hear of the rules; also its subject
Stricter = Literal["on", "off", "less", "more", "less_but_0", "same"]


@dataclass(frozen=True)
class Rule:
    """`stricter`: which value asks more of people. "less_but_0": 0 means never; "same": only the body decides, for both
    directions have a price (kept too long, or erased too early)."""

    key: str
    setting: str
    stricter: Stricter

    @property
    def section(self) -> str:
        return self.key.partition(".")[0]


RULES: Final = (
    Rule("originals.keep", "keep_originals", "off"),
    Rule("sign_in.lock_after_s", "lock_after_s", "less"),
    Rule("sign_in.session_idle_min", "session_idle_min", "less"),
    Rule("sign_in.session_max_h", "session_max_h", "less"),
    Rule("sign_in.second_step", "second_step_required", "on"),
    Rule("wipe.when", "wipe_when", "same"),
    Rule("wipe.after_days", "wipe_after_days", "less"),
    Rule("wipe.after_tries", "wipe_after_tries", "less_but_0"),
    Rule("duress.wipe_now", "wipe_now", "same"),
    Rule("two_person.people", "people_second_person", "on"),
    Rule("two_person.interviews", "interview_second_person", "on"),
    Rule("two_person.retention", "retention_second_person", "on"),
    Rule("retention.interviews_months", "retention_interviews_months", "same"),
    Rule("retention.alerts_months", "retention_alerts_months", "same"),
    Rule("retention.details_months", "retention_details_months", "same"),
    Rule("exports.public_least", "public_least", "more"),
)
BY_KEY: Final[Mapping[str, Rule]] = {rule.key: rule for rule in RULES}
SECTIONS: Final = ("originals", "sign_in", "wipe", "duress", "audio", "two_person", "retention", "exports")
NO_SOUND: Final = "audio.recording"  # may be said, as false: there is nothing that records sound


def is_looser(rule: Rule, own: Any, ruled: Any) -> bool:
    """True when a computer's own value asks less than the body's rule."""
    if rule.stricter == "same":
        return bool(own != ruled)
    return _ease(rule, own) > _ease(rule, ruled)


def _ease(rule: Rule, value: Any) -> float:
    """How little a value asks: the stricter the smaller."""
    if rule.stricter == "less_but_0":
        return float(value) if value else float("inf")
    return float(value) if rule.stricter in ("off", "less") else -float(value)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Rule key -> "old → new", of the rules that differ. What was not said before is a dash."""
    return {key: f"{before.get(key, '—')} → {value}" for key, value in after.items() if before.get(key) != value}
