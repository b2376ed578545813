"""`eleva --help` and `--version` load no SDK, no rich, no pydantic."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.rules.source import ROOT

HEAVY = frozenset({
    "stripe", "workos", "rich", "pydantic", "pydantic_settings", "sqlite_utils",
    "httpx2", "flask", "cheroot",
})  # fmt: skip
LOADED = """
import atexit, sys
def tell():
    roots = sorted({name.split(".")[0] for name in sys.modules})
    print("loaded:", *roots, file=sys.__stderr__)
atexit.register(tell)
"""
RUN = """
sys.argv[:] = ["eleva", *sys.argv[1:]]
from eleva_cli.__main__ import main
sys.exit(main())
"""


def loaded_by(code: str, env: dict[str, str], *args: str) -> set[str]:
    """Run code in a process of its own; return the top-level packages it ended with."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED + code, *args],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    "words", ["--help", "--version", "catalog --help", "catalog validate --help"]
)
def test_help_and_version_start_light(clean_env: dict[str, str], words: str) -> None:
    """What takes long to load is loaded by the command that needs it."""
    if not (ROOT / "eleva_cli" / "cli.py").exists():
        pytest.skip("eleva_cli/cli.py is not written yet")
    loaded = loaded_by(RUN, clean_env, *words.split())

    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_a_heavy_import_is_seen(clean_env: dict[str, str]) -> None:
    """The counter-example."""
    assert loaded_by("import rich", clean_env) & HEAVY == {"rich"}
