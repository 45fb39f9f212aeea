"""Every setting of the program, with unit and default. Nonsense is refused at start, with the setting's name."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import Field, TypeAdapter, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.policy import BY_KEY, NO_SOUND, RULES, SECTIONS, Rule, is_looser
from app.errors import WrongSettings
from app.errors_of_files import WrongPolicy

ROOT = Path(__file__).resolve().parent.parent
PREFIX: Final = "BAQYLAU_"
SETTINGS_FILE: Final = "BAQYLAU_SETTINGS_FILE"

PIN: Final = re.compile(r"[A-Za-z0-9+/]{43}=")  # SHA-256 in base64

POLICY_NAME: Final = "policy.toml"
AT_LINE: Final = re.compile(r"\(at line (\d+)")

Role = Literal["device", "central"]


def pins_in(text: str) -> tuple[str, ...]:
    """Pins as they stand in the setting."""
    return tuple(pin.strip() for pin in text.split(",") if pin.strip())


class Settings(BaseSettings):
    """Read from the environment as BAQYLAU_<NAME>, or from the KEY=VALUE lines of the file BAQYLAU_SETTINGS_FILE."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    role: Role = "device"
    data_dir: Path = Field(Path("baqylau-data"), description="Folder of the database, key slots and lock file.")
    database_url: str = Field("", description="central only: postgresql+psycopg://... Empty: SQLite in data_dir.")
    database_key_file: Path | None = Field(None, description="central only: file with the key of an encrypted SQLite.")
    backup_key_file: Path | None = Field(
        None, description="central only: file with the key of the backups. Empty: beside data_dir, named after it."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    public_hosts: str = Field("", description="Further host names this node answers to, comma-separated.")
    public_url: str = Field(
        "", description="central only: address on enrolment cards, as https://name. Empty: the browser's."
    )
    tls_pins: str = Field(
        "",
        description="central only: pins of its TLS keys, live and spare, comma-separated; `baqylau tls-pin` tells one.",
    )
    instance: str = Field(
        "live", pattern=r"[a-z]{1,12}", description="Names cookies and browser storage: live or training."
    )
    checklists_dir: Path = Field(ROOT / "checklists", description="Folder of the checklists.")
    sync_every_s: float = Field(15.0, ge=0.2, le=86400, description="Seconds between two exchanges when all is well.")
    sync_timeout_s: float = Field(20.0, ge=1, le=600, description="Seconds to wait for central.")
    photo_max_mb: int = Field(20, ge=1, le=100, description="Largest photo taken, in megabytes.")
    photo_edge_px: int = Field(1024, ge=320, le=4096, description="Longer edge of a kept photo, in pixels.")
    keep_originals: bool = Field(
        False,
        description="device only: photos are kept as the camera made them too, sealed so that only the office opens them.",
    )
    interview_second_person: bool = Field(
        False, description="central only: a second reviewer must agree before an interview is given out to be read."
    )
    retention_second_person: bool = Field(
        True, description="central only: a second person must agree before what is over its time is erased."
    )
    retention_interviews_months: int = Field(
        0, ge=0, le=1200, description="central only: months after the visit until sealed talks are erased. 0: kept."
    )
    retention_alerts_months: int = Field(
        0, ge=0, le=1200, description="central only: months after the visit until closed alerts are erased. 0: kept."
    )
    retention_details_months: int = Field(
        0,
        ge=0,
        le=1200,
        description="central only: months after the visit until times of sampled files and refusals are erased. 0: kept.",
    )
    public_least: int = Field(
        5, ge=5, le=50, description="central only: the smallest number of places that published figures show."
    )
    policy_file: Path | None = Field(
        None, description="central only: the body's policy (TOML). Empty: policy.toml in data_dir, when there is one."
    )
    people_second_person: bool = Field(
        False,
        description="central only: a second administrator must agree before somebody may read more, or signs in anew as who may.",
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"(https://[^\s?#]+)?",
        description="central only: issuer of the office's own sign-in (OpenID Connect), as https://name. Empty: none.",
    )
    oidc_client_id: str = Field("", description="central only: this office's client id at the issuer.")
    oidc_client_secret_file: Path | None = Field(
        None, description="central only: file with the client's secret at the issuer. Empty: a client without one."
    )
    oidc_name: str = Field(
        "", max_length=60, description="central only: what the office calls its own sign-in, for the button."
    )
    second_step_required: bool = Field(
        False, description="central only: reviewers and administrators must set up codes or a passkey to sign in."
    )
    session_idle_min: int = Field(
        15, ge=1, le=720, description="Minutes without a request until sign-in is asked again."
    )
    session_max_h: int = Field(12, ge=1, le=72, description="Hours until sign-in in any case.")
    lock_after_s: int = Field(
        120, ge=30, le=3600, description="device only: seconds without a touch until it locks; on a hub, the session."
    )
    wipe_after_tries: int = Field(
        0, ge=0, le=100, description="device only: wrong passphrases in a row that destroy all that is on it. 0: never."
    )
    wipe_when: Literal["signed_off", "never"] = Field(
        "signed_off",
        description="device only: when a visit is removed that the office has in a checked backup: signed_off or never.",
    )
    wipe_after_days: int = Field(
        0, ge=0, le=365, description="device only: days that such a visit stays after its last entry came."
    )
    wipe_now: bool = Field(
        True, description="device only: its people may destroy all that is on it, at once and without network."
    )
    passphrase_memory_mib: int | None = Field(
        None,
        ge=19,
        le=1024,
        description="Argon2id memory in MiB (OWASP floor 19). Not given: a tablet measures itself.",
    )
    passphrase_rounds: int | None = Field(
        None, ge=2, le=20, description="Argon2id rounds (OWASP floor 2). Not given: a tablet measures itself."
    )
    keystore: bool = Field(
        True,
        description="device only: with its recovery card a tablet begins to need a secret of the computer's own keystore.",
    )
    language: Literal["kk", "ru", "en"] = Field("kk", description="Language of pages before a person chose one.")
    time_zone: str = Field("Asia/Almaty", description="Time zone in which times are shown and typed.")

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError("no such time zone") from error
        return name

    @field_validator("tls_pins")
    @classmethod
    def _are_pins(cls, text: str) -> str:
        if not all(PIN.fullmatch(pin) for pin in pins_in(text)):
            raise ValueError("no pins")
        return text

    @property
    def pinned_keys(self) -> tuple[str, ...]:
        """The pins of central's TLS keys."""
        return pins_in(self.tls_pins)

    @property
    def cookie_name(self) -> str:
        """Cookies are shared between the ports of one host, so each role and instance has its own name."""
        return f"baqylau_{self.role}_{self.instance}"


def load_settings(**overrides: object) -> Settings:
    """The settings of this process: those that are given, and at central over them the rules of the body's policy file.

    Raises WrongSettings, and WrongPolicy.
    """
    settings = given_settings(**overrides)
    if settings.role != "central":
        return settings  # a tablet hears of the policy from its office: see `store.office_policy`
    return ruled(settings, policy_of(settings)) if is_ruled(settings) else settings


def policy_of(settings: Settings) -> Path:
    """Where the body's policy file is, or would be."""
    return settings.policy_file or settings.data_dir / POLICY_NAME


def is_ruled(settings: Settings) -> bool:
    """True at a central with a policy file: one that is named has to be there."""
    return settings.policy_file is not None or policy_of(settings).exists()


def given_settings(**overrides: object) -> Settings:
    """Defaults, the settings file, the environment, and over them the given `overrides`.

    An override of None is not given. Raises WrongSettings, which names each wrong setting with what is allowed.
    """
    given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
    path = os.environ.get(SETTINGS_FILE) or None
    faults = _faults_of_file(Path(path)) if path else []
    try:
        settings = Settings(_env_file=path, **given)
    except ValidationError as error:
        faults += [_fault(str(found["loc"][0]), str(found["input"])) for found in error.errors() if found["loc"]]
        raise WrongSettings(faults="\n".join(faults)) from error
    if faults:
        raise WrongSettings(faults="\n".join(faults))
    return settings


def ruled(settings: Settings, file: Path) -> Settings:
    """The settings under the rules of a policy file. What was set on this computer counts only where it is stricter.

    Raises WrongPolicy for a file that cannot be read, a rule that does not exist or says what cannot be, and for a
    setting of this computer that asks less than its rule: nobody may believe in a rule that does not hold.
    """
    rules = _rules_in(file)
    for setting, value in rules.items():
        rule = next(one for one in RULES if one.setting == setting)
        own = getattr(settings, setting)
        if setting in settings.model_fields_set and is_looser(rule, own, value):
            name = f"{PREFIX}{setting.upper()}"
            raise WrongPolicy("looser", file=str(file), key=rule.key, value=_toml(value), name=name, own=_toml(own))
    return settings.model_copy(update=in_force(settings, rules))


def in_force(settings: Settings, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Setting -> value, of the settings that `rules` (by setting) speak of: theirs, or this computer's stricter own.

    What this version cannot be set to is passed over: the office may be newer than a tablet.
    """
    found = {}
    for rule in RULES:
        if rule.setting in rules and is_possible(rule, rules[rule.setting]):
            own, value = getattr(settings, rule.setting), rules[rule.setting]
            is_own = rule.setting in settings.model_fields_set and not is_looser(rule, own, value)
            found[rule.setting] = own if is_own else value
    return found


def is_possible(rule: Rule, value: object) -> bool:
    """True for what the rule's setting may be, without bending: 1 is no `true`, and "5" no 5."""
    field = Settings.model_fields[rule.setting]
    kind: Any = Annotated[field.annotation, field]
    try:
        TypeAdapter(kind, config={"strict": True}).validate_python(value)
    except ValidationError:
        return False
    return True


def _rules_in(file: Path) -> dict[str, Any]:
    """Setting -> value, of each rule that a policy file says. Raises WrongPolicy."""
    import tomllib  # a tablet reads no policy file, and starts sooner

    try:
        said = tomllib.loads(file.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise WrongPolicy("unreadable", file=str(file)) from error
    except tomllib.TOMLDecodeError as error:
        line = AT_LINE.search(str(error))
        raise WrongPolicy("line", file=str(file), line=line.group(1) if line else "—") from error
    found = {}
    for key, value in _flat(said):
        if key == NO_SOUND and value is False:
            continue
        if key == NO_SOUND:
            raise WrongPolicy("sound", file=str(file))
        if key not in BY_KEY:
            raise WrongPolicy("unknown", file=str(file), key=key, known=", ".join((*BY_KEY, NO_SOUND)))
        rule = BY_KEY[key]
        if not is_possible(rule, value):
            raise WrongPolicy("value", file=str(file), key=key, value=_toml(value), allowed=_choices(rule))
        found[rule.setting] = value
    return found


def _flat(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """ "section.name" -> value; of what is no section of ours the name alone."""
    for section, content in said.items():
        if section in SECTIONS and isinstance(content, dict):
            yield from ((f"{section}.{name}", value) for name, value in content.items())
        else:
            yield section, content


def _choices(rule: Rule) -> str:
    """What a rule may be, without a word of any language."""
    field = Settings.model_fields[rule.setting]
    if get_origin(field.annotation) is Literal:
        return ", ".join(f'"{one}"' for one in get_args(field.annotation))
    bounds = [str(getattr(one, name)) for one in field.metadata for name in ("ge", "le") if hasattr(one, name)]
    return "–".join(bounds) or "true, false"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)[:60]


def _faults_of_file(path: Path) -> list[str]:
    """A misspelt name in the file would otherwise be silently without effect."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return [f"{SETTINGS_FILE}={path}: a file of KEY=VALUE lines in UTF-8 that can be read"]
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    faults = []
    for number, line in enumerate(lines, start=1):
        name, equals, _ = line.strip().removeprefix("export ").partition("=")
        if name and not name.startswith("#") and (not equals or name.strip().upper() not in known):
            faults.append(f"{path}:{number}: {name.strip()[:60]} is no setting; write a line as BAQYLAU_NAME=value")
    return faults


def _fault(name: str, value: str) -> str:
    field = Settings.model_fields[name]
    return f"{PREFIX}{name.upper()}={value[:60]}: {_allowed(field)}. {field.description or ''}".rstrip()


def _allowed(field: FieldInfo) -> str:
    """What a setting may be, in words made from its own rule."""
    rules = {
        name: getattr(rule, name) for rule in field.metadata for name in ("ge", "le", "pattern") if hasattr(rule, name)
    }
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(get_args(field.annotation))
    if "ge" in rules:
        kind = "a whole number" if field.annotation in (int, int | None) else "a number"
        return f"{kind} from {rules['ge']:g} to {rules['le']:g}"
    if field.annotation is bool:
        return "true or false"
    if rules.get("pattern"):
        return f"a text like {rules['pattern']}"
    return "a name such as Asia/Almaty" if field.default == "Asia/Almaty" else "a path or text"
