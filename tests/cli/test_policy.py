"""The body's policy file: what it says counts, what it cannot say is refused, and nobody makes it looser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.config import Settings, in_force, is_possible, load_settings
from app.domain.policy import BY_KEY, RULES, is_looser
from app.errors_of_files import WrongPolicy
from tests.cli.conftest import Run


def central(folder: Path, text: str | None = None, **given: Any) -> Settings:
    """Central's settings with this policy in its data folder."""
    if text is not None:
        (folder / "policy.toml").write_text(text, "utf-8")
    return load_settings(role="central", data_dir=folder, **given)


def test_without_a_file_the_defaults_are_the_safe_ones(tmp_path: Path) -> None:
    found = central(tmp_path)
    assert {rule.key: getattr(found, rule.setting) for rule in RULES} == {
        "originals.keep": False,
        "sign_in.lock_after_s": 120,
        "sign_in.session_idle_min": 15,
        "sign_in.session_max_h": 12,
        "sign_in.second_step": False,
        "wipe.when": "signed_off",
        "wipe.after_days": 0,
        "wipe.after_tries": 0,
        "duress.wipe_now": True,
        "two_person.people": False,
        "two_person.interviews": False,
        "two_person.retention": True,
        "retention.interviews_months": 0,
        "retention.alerts_months": 0,
        "retention.details_months": 0,
        "exports.public_least": 5,
    }


def test_what_the_file_says_counts(tmp_path: Path) -> None:
    found = central(
        tmp_path,
        "# our rules\n[originals]\nkeep = true\n[retention]\ninterviews_months = 24\n[audio]\nrecording = false\n[duress]\n",
    )
    assert found.keep_originals is True and found.retention_interviews_months == 24
    assert found.lock_after_s == 120


def test_a_tablet_reads_no_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("nonsense")
    assert load_settings(role="device", data_dir=tmp_path).lock_after_s == 120


@pytest.mark.parametrize(
    ("text", "why", "told"),
    [
        ("[originals\n", "line", "line 1"),
        ("[originals]\nkept = true", "unknown", "“originals.kept”"),
        ("[orignals]\nkeep = true", "unknown", "“orignals”"),
        ("keep = true", "unknown", "“keep”"),
        ("audio = 1", "unknown", "“audio”"),
        ("[originals]\nkeep = 1", "value", "true, false"),
        ('[originals]\nkeep = "true"', "value", "true, false"),
        ("[sign_in]\nlock_after_s = 29", "value", "30–3600"),
        ("[sign_in]\nlock_after_s = true", "value", "30–3600"),
        ("[sign_in]\nlock_after_s = 60.5", "value", "30–3600"),
        ("[exports]\npublic_least = 4", "value", "5–50"),
        ("[audio]\nrecording = true", "sound", "records none"),
    ],
)
def test_what_cannot_be_is_refused_and_named(tmp_path: Path, text: str, why: str, told: str) -> None:
    with pytest.raises(WrongPolicy) as refused:
        central(tmp_path, text)
    assert refused.value.why == why and told in str(refused.value)


def test_a_file_that_is_named_and_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongPolicy, match="cannot be read"):
        central(tmp_path, policy_file=tmp_path / "away.toml")


@pytest.mark.parametrize(
    ("key", "ruled", "stricter", "looser"),
    [
        ("originals.keep", "true", {"keep_originals": False}, None),
        ("originals.keep", "false", None, {"keep_originals": True}),
        ("sign_in.lock_after_s", "90", {"lock_after_s": 60}, {"lock_after_s": 91}),
        ("wipe.after_tries", "10", {"wipe_after_tries": 5}, {"wipe_after_tries": 0}),
        ("wipe.after_tries", "0", {"wipe_after_tries": 100}, None),
        ("two_person.interviews", "true", None, {"interview_second_person": False}),
        ("two_person.interviews", "false", {"interview_second_person": True}, None),
        ("retention.alerts_months", "24", None, {"retention_alerts_months": 12}),
        ("retention.alerts_months", "24", None, {"retention_alerts_months": 0}),
        ("exports.public_least", "10", {"public_least": 11}, {"public_least": 9}),
    ],
)
def test_a_setting_may_be_stricter_than_the_policy_and_never_looser(
    tmp_path: Path, key: str, ruled: str, stricter: dict[str, Any] | None, looser: dict[str, Any] | None
) -> None:
    section, name = key.split(".")
    text = f"[{section}]\n{name} = {ruled}\n"
    if stricter is not None:
        ((setting, value),) = stricter.items()
        assert getattr(central(tmp_path, text, **stricter), setting) == value
    if looser is not None:
        with pytest.raises(WrongPolicy, match="stricter"):
            central(tmp_path, text, **looser)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_refusal_is_said_in_the_language_of_the_settings(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("BAQYLAU_LANGUAGE", language)
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "policy.toml").write_text("[originals]\nkeep = 3\n")
    said = run("central", "--data", tmp_path / "data", "--port", 1)
    words = {"kk": "Мына мән болуы мүмкін", "ru": "Допустимо", "en": "It may be"}
    assert said.code == 2 and words[language] in said.err and "originals.keep" in said.err


# ---- a tablet under the office's rules -------------------------------------------------------------------------------------


def test_a_tablet_follows_its_office_but_where_it_is_stricter_itself() -> None:
    rules = {"lock_after_s": 90, "keep_originals": True, "wipe_after_tries": 10}
    assert in_force(Settings(), rules) == rules
    assert in_force(Settings(lock_after_s=60, keep_originals=False), rules) == rules | {
        "lock_after_s": 60,
        "keep_originals": False,
    }
    assert in_force(Settings(lock_after_s=600, wipe_after_tries=0), rules) == rules


def test_a_rule_that_this_version_cannot_keep_is_passed_over() -> None:
    assert in_force(Settings(), {"lock_after_s": 5, "keep_originals": "sometimes", "future": 1}) == {}


def test_every_rule_has_a_setting_and_its_default_is_possible() -> None:
    assert len(BY_KEY) == len({rule.setting for rule in RULES}) == len(RULES)
    for rule in RULES:
        default = Settings.model_fields[rule.setting].default
        assert is_possible(rule, default) and not is_looser(rule, default, default)
