"""What holds for every test: no network, no home folder, no environment of ours."""

from __future__ import annotations

import functools
import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpcore2
import pytest
from cheroot.server import HTTPServer
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import settings

from eleva_cli.journal import store
from tests import guards
from tests.clock import FakeClock

# Taken before any test cleans the environment.
IN_FULL = os.environ.get("ELEVA_PROOF", "short") == "full"
IN_CI = bool(os.environ.get("CI"))

GUARDED = Path(__file__).parent / "guarded"
KEY_PAIRS = 4

# Found in the environment of a developer, these would change what a test sees.
OURS = ("ELEVA_", "STRIPE_", "WORKOS_", "XDG_")
NOISE = frozenset({
    "ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy",
    "http_proxy", "https_proxy", "no_proxy", "CLICOLOR", "CLICOLOR_FORCE",
    "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PYTHONHOME",
    "PYTHONOPTIMIZE", "PYTHONPATH", "TTY_COMPATIBLE", "VIRTUAL_ENV",
})  # fmt: skip

settings.register_profile("here", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, print_blob=True
)
settings.load_profile("ci" if IN_CI else "here")

Prepare = Callable[[store.Store], None]

# What is held until the end, tests and parsed source, need not be looked through.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    """Take tests and modules out of what is looked through for garbage."""
    gc.freeze()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuse what leaves this machine; fail at the end if a refusal was swallowed."""
    for owner, name, guarded in guards.guards():
        monkeypatch.setattr(owner, name, guarded)
    guards.refused.clear()
    yield guards.refused
    guards.settle()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Number home folders ourselves: pytest reads all there are to find the next."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, homes: Iterator[Path]) -> Path:
    """Give each test an empty home folder and an environment without our names."""
    home = next(homes)
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(OURS) or name in NOISE:
            monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("PYTHONPATH", str(GUARDED))
    return home


@pytest.fixture(scope="session", autouse=True)
def one_tls_context() -> Iterator[None]:
    """Read this machine's certificates once: each door would, and loopback has none."""
    with pytest.MonkeyPatch.context() as patch:
        context = functools.cache(httpcore2.default_ssl_context)
        patch.setattr(httpcore2, "default_ssl_context", context)
        yield


@pytest.fixture(scope="session", autouse=True)
def prompt_servers() -> Iterator[None]:
    """Have a server look twenty times a second whether it is to stop, not twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPServer, "expiration_interval", 0.05)
        yield


@pytest.fixture(scope="session", autouse=True)
def few_key_pairs() -> Iterator[None]:
    """Go round among some key pairs: nobody meets more of one size at a time."""
    with pytest.MonkeyPatch.context() as patch:
        rounds: dict[int, Iterator[rsa.RSAPrivateKey]] = {}
        make = rsa.generate_private_key

        def next_of(public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
            if key_size not in rounds:
                made = (make(public_exponent, key_size) for _ in range(KEY_PAIRS))
                rounds[key_size] = itertools.cycle(made)
            return next(rounds[key_size])

        patch.setattr(rsa, "generate_private_key", next_of)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_empty_journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Write an empty journal once, by the tool; where another begins, copy it."""
    first = tmp_path_factory.mktemp("journal") / "empty.db"
    store._create(first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_create", functools.partial(shutil.copyfile, first))
        yield


@pytest.fixture(scope="session", autouse=True)
def asked_of_the_disk() -> Iterator[Prepare]:
    """Wait for no disk, as no test cuts the power; give what a journal asks of it."""
    asked = store._prepare
    with pytest.MonkeyPatch.context() as patch:

        def prepare(opened: store.Store) -> None:
            asked(opened)
            opened.conn.execute("pragma synchronous = off")

        patch.setattr(store, "_prepare", prepare)
        yield asked


@pytest.fixture
def clean_env(home: Path) -> dict[str, str]:
    """Return the environment for a process that a test starts: little, and guarded."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "APPDATA": str(home),
        "LOCALAPPDATA": str(home),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(GUARDED),
        "COLUMNS": "80",
    }


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def in_full() -> bool:
    """Tell whether proofs run in full (`make proof`) or shortened."""
    return IN_FULL
