"""The rings of the design, section 3: who may import whom, and how long a module and a function may be."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
MODULES = sorted(APP.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

EVERYWHERE = {
    "errors",
    "errors_of_files",
    "errors_of_keys",
    "errors_of_signing_in",
    "clock",
    "config",
}  # but in the domain
ARROWS = {
    "domain": set(),
    "store": {"domain"} | EVERYWHERE,
    "simulator": {"domain", "clock", "errors"},
    "services": {"store", "domain"} | EVERYWHERE,
    "sync": {"store", "domain"} | EVERYWHERE,
    "export": {"domain"} | EVERYWHERE,
    "web": {"services", "sync", "export", "store", "domain"} | EVERYWHERE,
}
OUTERMOST = {"", "commands"}  # the factory and the commands tie the rings together
# Outside packages that stand behind one module, or behind a few that say why.
BEHIND = {
    "fastapi": (
        "web/",
        *(f"sync/{name}.py" for name in ("server", "blob_server", "hub_server", "bodies", "askers")),
        "main.py",
    ),
    "PIL": ("store/attachments.py", "demo_photos.py"),  # the demo draws its own empty rooms
    "zstandard": ("sync/codec.py", "store/backups_file.py"),
    "sqlcipher3": ("store/db.py",),
    "cryptography": (
        *(f"store/{name}.py" for name in ("vault", "authority", "backups_sealing", "one_time_codes")),
        "bench_office.py",
    ),
    "argon2": ("store/vault.py",),
    "keyring": ("store/keystore.py",),
    "httpx2": (
        "sync/transport.py",
        "web/office_issuer.py",  # to the one address of the settings
        "demo_story.py",  # a browser to its own two nodes
    ),
    "joserfc": ("web/office_issuer.py",),
    "alembic": ("store/migrations.py",),
    "openpyxl": ("export/xlsx.py",),
    "webauthn": ("store/passkeys.py",),
}
DOMAIN_MAY = {"pydantic"}  # beside the standard library


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, also inside functions, as a full name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield str(node.module)
            if node.module == "app" or str(node.module).startswith("app."):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names(path: Path) -> Iterator[str]:
    """Every name that a file imports from a module, with that module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ring_of(path: Path) -> str:
    parts = path.relative_to(APP).parts
    return parts[0] if len(parts) > 1 else ""


def test_nobody_inside_imports_the_commands_or_the_factory() -> None:
    for path, name in zip(MODULES, NAMES, strict=True):
        inner = {imported.split(".")[1] for imported in imports(path) if imported.startswith("app.")}
        assert ring_of(path) in OUTERMOST or not inner & {"commands", "main", "cli"}, name


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_every_arrow_points_inwards(path: Path) -> None:
    ring = ring_of(path)
    if ring in OUTERMOST:
        return
    inner = {name.split(".")[1] for name in imports(path) if name.startswith("app.")} - {"__version__"}
    assert inner - {ring} <= ARROWS[ring]


@pytest.mark.parametrize("path", [path for path in MODULES if ring_of(path) == "domain"], ids=lambda path: path.name)
def test_the_domain_knows_the_standard_library_and_pydantic_only(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports(path)} - {"app"} - set(sys.stdlib_module_names)
    assert outside <= DOMAIN_MAY
    reaches_out = {"os", "pathlib", "time", "random", "secrets", "threading", "socket", "sqlite3", "subprocess", "io"}
    assert not {name.split(".")[0] for name in imports(path)} & reaches_out


def test_the_simulator_knows_nothing_of_disk_network_and_time() -> None:
    for path, name in zip(MODULES, NAMES, strict=True):
        if ring_of(path) == "simulator":
            outside = {imported.split(".")[0] for imported in imports(path)} - {"app"}
            assert outside <= set(sys.stdlib_module_names), name
            reaches_out = {"os", "pathlib", "time", "secrets", "threading", "socket", "sqlite3", "subprocess", "io"}
            assert not outside & reaches_out, name


@pytest.mark.parametrize("package", sorted(BEHIND))
def test_a_package_from_outside_stands_behind_its_module(package: str) -> None:
    users = {
        path.relative_to(APP).as_posix() for path in MODULES if package in {n.split(".")[0] for n in imports(path)}
    }
    assert users, f"nobody imports {package}: take it off the list"
    assert [user for user in sorted(users) if not user.startswith(BEHIND[package])] == []


def test_who_asks_over_the_exchange_is_read_in_one_place() -> None:
    """Five header parameters were written out for each call once; a new one must not be forgotten in one of them."""
    readers = {path.name for path in MODULES if ring_of(path) == "sync" and "fastapi.Header" in set(names(path))}
    assert readers == {"askers.py"}


def test_every_ring_is_on_the_list() -> None:
    assert {ring_of(path) for path in MODULES} - OUTERMOST <= set(ARROWS)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_modules_stay_short_and_functions_shorter(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 400
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [
        f"{n.name} {n.end_lineno - n.lineno + 1}" for n in functions if n.end_lineno and n.end_lineno - n.lineno >= 30
    ]
    assert long == []


def test_nothing_is_called_utils() -> None:
    vague = {"utils", "util", "helpers", "common", "misc"}
    assert [name for path, name in zip(MODULES, NAMES, strict=True) if path.stem in vague] == []


def test_only_the_database_commits() -> None:
    """Raise = roll back, return = commit (house style 13)."""
    for path, name in zip(MODULES, NAMES, strict=True):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        assert name == "app/store/db.py" or not [c for c in calls if c.attr == "commit"], name


def test_no_error_is_swallowed() -> None:
    """`except Exception: pass` loses what happened (house style 12)."""
    for path, name in zip(MODULES, NAMES, strict=True):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                is_broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
                assert not (is_broad and isinstance(node.body[0], ast.Pass)), f"{name}:{node.lineno}"
