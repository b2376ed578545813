"""Arrows point one way: who may import whom, and who may touch what."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.rules.source import PACKAGE, Module, is_within, modules, snippet

PURE = (
    "plan", "audit", "outcome", "errors", "ports",
    "catalog", "migrate", "moves", "verify", "invite", "webhook", "subscription",
    "pilot", "roles", "evidence", "member_role", "conflicts", "chain", "standing",
)  # fmt: skip

# The outside world, chance and time: what a planner gets as values.
IMPURE = frozenset({
    "asyncio", "concurrent", "http", "httpx2", "io", "logging",
    "multiprocessing", "os", "queue", "random", "requests", "rich", "secrets",
    "shutil", "signal", "socket", "sqlite3", "sqlite_utils", "stripe",
    "subprocess", "sys", "tempfile", "threading", "time", "typer", "click",
    "urllib", "uuid", "workos",
})  # fmt: skip

# Top-level package → the only places of eleva_cli that may import it.
ONLY_IN = {
    "stripe": ("adapters",),
    "workos": ("adapters",),
    "httpx2": ("adapters",),
    "sqlite3": ("journal*", "sandbox"),
    "sqlite_utils": ("journal*", "sandbox"),
    "threading": ("engine*", "pacing", "receiver", "sandbox"),
    "concurrent": ("engine*", "pacing", "receiver", "sandbox"),
    "queue": ("engine*", "pacing", "receiver", "sandbox"),
    "asyncio": (),
    "multiprocessing": (),
    "rich": ("output", "progress"),
    "pydantic_settings": ("config",),
    "flask": ("sandbox",),
    "werkzeug": ("sandbox",),
    "cheroot": ("receiver", "sandbox"),
    "jwt": ("adapters.tokens", "sandbox"),
    "cryptography": ("sandbox",),
}

VALUES = ("plan", "audit", "outcome", "errors", "ports")
RULES = ("roles", "evidence", "member_role")  # small, shared between planners
DECISIONS = (
    "catalog", "migrate", "moves", "verify", "invite", "webhook", "subscription",
    "pilot",
)  # fmt: skip

# Place → what of the package it may import besides itself. A place that is not here is
# not bound, only kept from what nobody but its owner may import (`OWNED`).
MAY_IMPORT = {
    **dict.fromkeys(VALUES, VALUES),
    **dict.fromkeys(RULES, VALUES),
    "member_role": (*VALUES, "roles"),
    **dict.fromkeys(DECISIONS, (*VALUES, *RULES)),
    "migrate": (*VALUES, *RULES, "conflicts"),
    "conflicts": (*VALUES, *RULES, "migrate"),  # a part of it, in a file of its own
    # what it judges is a business under its catalogue
    "chain": (*VALUES, *RULES, "catalog"),
    "verify": (*VALUES, *RULES, "catalog", "chain"),
    "moves": (*VALUES, *RULES, "catalog"),  # subscribers are brought to it
    "subscription": (*VALUES, *RULES, "catalog"),  # to one of its prices
    "invite": (*VALUES, *RULES, "catalog"),  # what is given away is an offer of it
    "webhook": (*VALUES, *RULES, "catalog"),  # what is lived on is an offer of it
    "standing": (*VALUES, "catalog"),  # how an amount is written
    "execute": VALUES,
}

# Place → the only ones that may import it.
OWNED = {
    "cli": ("__main__",),
    "commands": ("cli", "lazy", "__main__"),
    "bootstrap": ("commands", "cli"),
    "adapters": ("bootstrap", "sandbox"),
    "execute": ("engine*", "readback", "bootstrap", "commands"),
    # Its pool of threads is the only one: those who read in parallel read through it.
    "engine*": ("observe*", "readback", "bootstrap", "commands"),
    "sandbox": ("commands.sandbox", "commands.demo", "bootstrap"),
    "config": ("bootstrap", "commands", "cli"),
    "receiver": ("commands", "bootstrap"),
}

ENVIRONMENT = frozenset({
    "environ", "environb", "getenv", "getenvb", "putenv", "unsetenv",
})  # fmt: skip
CLOCKS = frozenset({
    "now", "today", "utcnow",
})  # fmt: skip


def place_of(imported: str) -> str | None:
    """Name the place inside the package that an import reaches, else `None`."""
    root, _, rest = imported.partition(".")
    return rest if root == PACKAGE else None


def impurities(module: Module) -> Iterator[str]:
    for name in module.imports:
        if name.split(".")[0] in IMPURE:
            yield f"{module.path} imports {name}"
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in CLOCKS:
                yield f"{module.path}:{node.lineno} asks for the time: .{attr}()"
            case ast.Call(func=ast.Name(id="open" | "input")):
                yield f"{module.path}:{node.lineno} does input or output"


def trespasses(module: Module) -> Iterator[str]:
    for name in module.imports:
        places = ONLY_IN.get(name.split(".")[0])
        if places is not None and not is_within(module.name, places):
            yield f"{module.path} imports {name}: only {places} may"


def wrong_arrows(module: Module) -> Iterator[str]:
    for name in module.imports:
        place = place_of(name)
        if not place or place == "__version__":
            continue
        for owned, owners in OWNED.items():
            if is_within(name, [owned]) and not is_within(
                module.name, [owned, *owners]
            ):
                yield f"{module.path} imports {name}: only {owners} may"
        for bound, allowed in MAY_IMPORT.items():
            if is_within(module.name, [bound]) and not is_within(
                name, [bound, *allowed]
            ):
                yield f"{module.path} imports {name}: {bound} may only {allowed}"


def environment_reads(module: Module) -> Iterator[str]:
    if is_within(module.name, ["config"]):
        return
    for name in module.imports:
        if name.removeprefix("os.") in ENVIRONMENT:
            yield f"{module.path} imports {name}: only config may"
    names = aliases_of("os", module)
    for node in module.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if (
                owner in names and attr in ENVIRONMENT
            ):
                yield f"{module.path}:{node.lineno} reads the environment: .{attr}"


def aliases_of(library: str, module: Module) -> set[str]:
    """Return the names that a library goes by in a module."""
    imported = (a for n in module.nodes if isinstance(n, ast.Import) for a in n.names)
    return {a.asname or library for a in imported if a.name.split(".")[0] == library}


def prints(module: Module) -> Iterator[str]:
    for node in module.nodes:
        match node:
            case ast.Name(id="print" | "pprint"):
                yield f"{module.path}:{node.lineno} prints"


def found(check: object) -> list[str]:
    assert callable(check)
    return [fault for module in modules() for fault in check(module)]


def test_planners_and_values_are_pure() -> None:
    """A planner is a function from values to a value."""
    pure = [m for m in modules() if is_within(m.name, PURE)]

    assert len(pure) >= 4
    assert [fault for module in pure for fault in impurities(module)] == []


def test_each_library_stays_in_its_place() -> None:
    """The SDKs in adapters, SQL in the journal, threads in the engine."""
    assert found(trespasses) == []


def test_arrows_point_one_way() -> None:
    """Nobody imports what stands above it, nor a neighbour it must not know."""
    assert found(wrong_arrows) == []


def test_the_environment_is_read_in_config_only() -> None:
    """Configuration is read once, in one place."""
    assert found(environment_reads) == []


def test_nothing_prints() -> None:
    """Standard output is the answer and standard error the talk; both have an owner."""
    assert found(prints) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "import os.path as p",
        "from time import monotonic",
        "def f():\n    import random",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import stripe",
        "from importlib import import_module\nimport_module('uuid')",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime as d\nx = d.date.today()",
        "x = open('f')",
    ],
)
def test_an_impure_planner_is_found(text: str) -> None:
    """The counter-examples."""
    assert list(impurities(snippet(text)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("commands.migrate", "import stripe"),
        ("engine", "from workos.client import SyncClient"),
        ("bootstrap", "def f():\n    import httpx2"),
        ("engine", "import sqlite3"),
        ("observe", "import sqlite_utils"),
        ("journal.store", "import threading"),
        ("observe", "from concurrent.futures import ThreadPoolExecutor"),
        ("adapters.http", "import queue"),
        ("commands.run", "from rich.table import Table"),
        ("pacing", "import asyncio"),
        ("commands.sandbox", "import flask"),
        ("commands.verify", "def f():\n    import jwt"),
        ("adapters.workos_api", "from jwt import PyJWKClient"),
    ],
)
def test_a_library_out_of_its_place_is_found(name: str, text: str) -> None:
    """The counter-examples."""
    assert list(trespasses(snippet(text, f"{PACKAGE}.{name}")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("adapters.http", "from eleva_cli.commands.migrate import app"),
        ("journal.store", "from ..cli import app"),
        ("engine", "from . import commands"),
        ("engine", "from eleva_cli import cli"),
        ("migrate", "from eleva_cli.verify import check"),
        ("migrate.links", "from ..journal import Journal"),
        ("roles", "from .catalog import Catalog"),
        ("plan", "from eleva_cli.engine import Engine"),
        ("execute", "from eleva_cli.journal import Journal"),
        ("execute", "from eleva_cli.adapters import connect"),
        ("commands.migrate", "from eleva_cli.sandbox import serve"),
        ("output.table", "import eleva_cli.sandbox.app"),
        ("observe", "import importlib\nimportlib.import_module('eleva_cli.sandbox')"),
        (
            "engine",
            "import importlib as i\ni.import_module(f'eleva_cli.commands.{1}')",
        ),
        ("journal", "def f():\n    from eleva_cli.bootstrap import App"),
    ],
)
def test_an_arrow_that_points_up_is_found(name: str, text: str) -> None:
    """The counter-examples."""
    assert list(wrong_arrows(snippet(text, f"{PACKAGE}.{name}")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("commands.demo", "from eleva_cli.sandbox import serve"),
        (
            "migrate",
            "from eleva_cli.plan import Action\nfrom eleva_cli.roles import rank",
        ),
        ("migrate.links", "from eleva_cli.migrate.money import Renewal"),
        ("cli", "from eleva_cli import __version__"),
        ("commands.migrate", "from eleva_cli.migrate import plan_links"),
    ],
)
def test_the_allowed_arrows_pass(name: str, text: str) -> None:
    """The checker does not refuse everything."""
    assert list(wrong_arrows(snippet(text, f"{PACKAGE}.{name}"))) == []


def test_a_relative_import_is_resolved() -> None:
    """Dots count from the package, which an `__init__.py` is itself."""
    inside = Module(f"{PACKAGE}.output", "x", "from . import table", is_package=True)

    assert list(inside.imports) == [f"{PACKAGE}.output.table"]
    assert list(snippet("from . import plan").imports) == [f"{PACKAGE}.plan"]


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.environ['X']",
        "import os as o\no.getenv('X')",
        "from os import environ",
    ],
)
def test_reading_the_environment_elsewhere_is_found(text: str) -> None:
    """The counter-examples; config may."""
    assert list(environment_reads(snippet(text)))
    assert list(environment_reads(snippet(text, f"{PACKAGE}.config"))) == []


def test_the_environ_of_a_request_passes() -> None:
    """WSGI has a word of the same spelling."""
    assert list(environment_reads(snippet("import os\nrequest.environ['X']"))) == []


@pytest.mark.parametrize("text", ["print('x')", "show = print"])
def test_a_print_is_found(text: str) -> None:
    """The counter-examples."""
    assert list(prints(snippet(text)))
