"""The lock files: complete, in step with each other and with pyproject.toml, and the same on every machine."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-build.lock"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(lock: str) -> dict[str, Version]:
    """Each package of a lock file and its version."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ]+)", text, re.MULTILINE)
    return {name: Version(version) for name, version in pins}


def unmet(lock: str, wanted: list[str]) -> list[str]:
    """What pyproject.toml asks for and the lock does not give."""
    pins = locked(lock)
    return [
        line
        for line in wanted
        if (name := canonicalize_name(Requirement(line).name)) not in pins
        or pins[name] not in Requirement(line).specifier
    ]


def test_a_floor_above_the_lock_is_noticed() -> None:
    assert unmet("requirements.lock", ["fastapi>=9999", "no-such-package"]) == ["fastapi>=9999", "no-such-package"]


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    runtime = PROJECT["project"]["dependencies"] + [wanted for extra in extras for wanted in extra]
    assert unmet("requirements.lock", runtime) == []
    assert unmet("requirements-test.lock", runtime + PROJECT["dependency-groups"]["test"]) == []
    assert unmet("requirements-build.lock", PROJECT["dependency-groups"]["build"]) == []
    assert unmet("requirements-build.lock", PROJECT["build-system"]["requires"]) == []


def test_the_tests_run_with_the_versions_that_are_shipped() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-test.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [block for block in blocks if block.strip() and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_folder(lock: str) -> None:
    """A lock with an index in it installs on one machine only."""
    assert (
        re.findall(r".*(?:://|index-url|find-links|(?<![\w.])/\w).*", (ROOT / lock).read_text(encoding="utf-8")) == []
    )
