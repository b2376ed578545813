"""The official emulator is ours alone, and never outlives whoever started it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tests.fidelity import workos_differences
from tests.fidelity.emulator import emulator
from tests.fidelity.workos_differences import DIFFERENCES
from tests.outside.installed import why_not
from tests.rules.source import ROOT

needs_it = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
HOLDER = """
import time
from tests.fidelity.emulator import emulator
with emulator() as running:
    print(running.base_url, flush=True)
    time.sleep(60)
"""


def answers(base_url: str) -> bool:
    try:
        return httpx2.get(f"{base_url}/health", trust_env=False).is_success
    except httpx2.TransportError:
        return False


def fails_inside(seen: list[str]) -> None:
    with emulator() as running:
        seen.append(running.base_url)
        assert answers(running.base_url)
        raise ValueError("a test fails")


@needs_it
def test_the_emulator_ends_with_a_test_that_fails() -> None:
    """Its port is free again."""
    seen: list[str] = []
    with pytest.raises(ValueError, match="a test fails"):
        fails_inside(seen)
    assert not answers(seen[0])


@needs_it
def test_the_emulator_ends_with_a_worker_that_is_killed(
    clean_env: dict[str, str],
) -> None:
    """Nobody was left to stop it: the end of its input did."""
    clean_env["PYTHONPATH"] += f":{ROOT}"
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(
        command, cwd=ROOT, env=clean_env, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        base_url = holder.stdout.readline().strip()
        assert answers(base_url)
        holder.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while answers(base_url) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not answers(base_url)


@needs_it
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")
def test_the_emulator_listens_on_loopback_only() -> None:
    """By itself it would on every interface, and has no option for it."""
    with emulator() as running:
        port = f"{int(running.base_url.rpartition(':')[2]):04X}"
        tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
        text = "\n".join(table.read_text() for table in tables if table.exists())
    listening = re.findall(rf"\d+: (\w+):{port} \w+:0000 0A", text)
    assert listening == ["0100007F"]


def test_every_difference_has_its_test() -> None:
    """A test that was renamed would lose its difference silently."""
    folder = Path(workos_differences.__file__).parent
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in folder.glob("test_workos_contract*.py")
    )
    written = set(
        re.findall(
            r"^def (test_\w+)\(service: Service|^def (test_\w+)\(\n", text, re.MULTILINE
        )
    )
    names = {name for pair in written for name in pair if name}
    assert set(DIFFERENCES) <= names
