"""The guards of `tests/conftest.py` hold; without them these tests are red."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import platformdirs
import pytest

from tests import guards
from tests.guards import NetworkReachedError

SOMEWHERE = "192.0.2.1"  # TEST-NET: routed nowhere
REACH = f"""
import socket
s = socket.socket()
s.settimeout(0.1)
s.connect(("{SOMEWHERE}", 9))
"""


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> list[str]:
    """Return what was refused, as the guard keeps it; absent without the guard."""
    refused: list[str] = request.getfixturevalue("no_network")
    return refused


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_connecting_away_is_refused_by_name(method: str) -> None:
    """The refusal says where to; unguarded this is a time-out, another error."""
    with socket.socket() as sock:
        sock.settimeout(0.1)
        with pytest.raises(NetworkReachedError, match=f"{method} to {SOMEWHERE}:9"):
            getattr(sock, method)((SOMEWHERE, 9))
    forgive()


def test_a_datagram_is_refused() -> None:
    """A packet needs no connection; it is refused as well."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sock,
        pytest.raises(NetworkReachedError, match=re.escape(SOMEWHERE)),
    ):
        sock.sendto(b"", (SOMEWHERE, 9))
    forgive()


@pytest.mark.parametrize(
    "name", ["getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"]
)
def test_looking_up_a_host_is_refused(name: str) -> None:
    """No name is asked for, not even one that cannot exist."""
    args = ("eleva.invalid", 443) if name == "getaddrinfo" else ("eleva.invalid",)
    with pytest.raises(NetworkReachedError, match=r"eleva\.invalid"):
        getattr(socket, name)(*args)
    forgive()


def test_a_swallowed_refusal_is_kept(shared: list[str]) -> None:
    """Code that swallows every error cannot hide that it reached out."""
    with suppress(Exception):
        socket.create_connection(("eleva.invalid", 443))

    assert shared == ["getaddrinfo of eleva.invalid"]
    with pytest.raises(NetworkReachedError, match=r"eleva\.invalid"):
        guards.settle()  # what the fixture does when a test ends


def test_loopback_is_open(shared: list[str]) -> None:
    """A server in the test is reached, by number and by name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            with socket.create_connection((host, port), timeout=5):
                pass

    assert shared == []


def test_a_started_process_is_guarded(clean_env: dict[str, str]) -> None:
    """The guard travels to the processes that a test starts."""
    done = run_python(REACH, clean_env)

    assert done.returncode == 1
    assert (
        f"NetworkReachedError: a test reached for the network: connect to {SOMEWHERE}:9"
        in done.stderr
    )


def test_a_process_that_inherits_is_guarded(home: Path) -> None:
    """So are those that get no environment of their own."""
    done = run_python(REACH, None)

    assert "NetworkReachedError" in done.stderr


def test_home_is_a_folder_of_the_test(home: Path) -> None:
    """Home, and what platformdirs makes of it, lies under the test's own folder."""
    folders = [
        Path.home(),
        Path("~").expanduser(),
        platformdirs.user_config_path("eleva"),
        platformdirs.user_data_path("eleva"),
        platformdirs.user_state_path("eleva"),
        platformdirs.user_cache_path("eleva"),
    ]

    assert [f for f in folders if not f.is_relative_to(home)] == []


def test_none_of_our_names_is_set(home: Path) -> None:
    """What a developer has exported decides nothing here."""
    ours = ("ELEVA_", "STRIPE_", "WORKOS_", "XDG_")

    assert [n for n in os.environ if n.startswith(ours)] == []


def test_without_the_guards_these_tests_are_red(clean_env: dict[str, str]) -> None:
    """The counter-example: the tests of this page, run without `conftest.py`."""
    hostile = clean_env | {"ELEVA_PROFILE": "live", "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--noconftest", "-q", "-p", "no:cacheprovider",
         "-k", "connecting or home or set", __file__],
        env=hostile, capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip

    assert done.returncode == 1, done.stdout + done.stderr
    assert "passed" not in done.stdout.splitlines()[-1]


def run_python(
    code: str, env: dict[str, str] | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def forgive() -> None:
    """Drop what the guard kept: here it was meant."""
    guards.refused.clear()
