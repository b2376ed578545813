"""The recipes of `docs/ci.md`: they parse, name what exists, and do what they say."""

from __future__ import annotations

import importlib
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rules.source import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FAKE = """#!/bin/sh
echo "$@" >> "{log}"
env >> "{log}"
exit {code}
"""
TODAY = datetime.now(UTC).date()


def blocks(kind: str) -> list[str]:
    return [body for name, body in BLOCK.findall(PAGE) if name == kind]


def workflow() -> Any:
    (text,) = blocks("yaml")
    return importlib.import_module("yaml").safe_load(text)


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow()["jobs"]["verify"]["steps"]
    return found


def step(name: str) -> dict[str, Any]:
    (found,) = (one for one in steps() if one.get("name") == name)
    return found


def script() -> str:
    (found,) = (one for one in blocks("sh") if one.startswith("#!"))
    return found


@dataclass(frozen=True)
class Ended:
    code: int
    said: str
    asked: str
    outages: list[str]


def play(folder: Path, recipe: str, code: int, *, earlier: tuple[int, ...]) -> Ended:
    """Run a recipe with an `eleva` that ends so, after outages some days ago."""
    kept, tools, log = folder / "kept", folder / "bin", folder / "asked"
    kept.mkdir()
    tools.mkdir()
    (tools / "eleva").write_text(FAKE.format(log=log, code=code), encoding="utf-8")
    (tools / "eleva").chmod(0o700)
    outages = kept / "outages"
    days = [f"{TODAY - timedelta(days=ago)}\n" for ago in earlier]
    if days:
        outages.write_text("".join(days), encoding="utf-8")
    ended = subprocess.run(
        ["bash", "-e", "-c", recipe],
        cwd=folder,
        env={"PATH": f"{tools}:/usr/bin:/bin", "ELEVA_KEPT": str(kept)},
        capture_output=True,
        text=True,
        check=False,
    )
    left = outages.read_text("utf-8").split() if outages.exists() else []
    asked = log.read_text("utf-8") if log.exists() else ""
    return Ended(ended.returncode, ended.stdout + ended.stderr, asked, left)


RECIPES = [step("Look")["run"], script()]


@pytest.mark.parametrize("recipe", RECIPES, ids=["github", "shell"])
@pytest.mark.parametrize(
    ("code", "earlier", "ends", "nights"),
    [
        (0, (), 0, 0),
        (0, (2, 1), 0, 0),
        (3, (2, 1), 3, 0),
        (6, (), 0, 1),
        (6, (1,), 0, 2),
        (6, (1, 0, 0), 0, 2),
        (6, (2, 1), 6, 3),
        (6, (3, 2, 1), 6, 4),
        (10, (2,), 10, 1),
        (70, (), 70, 0),
    ],
)
def test_findings_fail_and_an_outage_fails_on_the_third_night(
    tmp_path: Path,
    recipe: str,
    *,
    code: int,
    earlier: tuple[int, ...],
    ends: int,
    nights: int,
) -> None:
    """Two looks in one night are one night; an answer ends the count."""
    ended = play(tmp_path, recipe, code, earlier=earlier)

    assert ended.code == ends, ended.said
    assert len(set(ended.outages)) == nights
    is_warned = "could not check" in ended.said
    assert is_warned is (code == 6 and ends == 0)


@pytest.mark.parametrize("recipe", RECIPES, ids=["github", "shell"])
def test_no_secret_and_no_name_is_an_argument(tmp_path: Path, recipe: str) -> None:
    """Keys come by the environment, and nobody's ids are asked for in clear."""
    asked = play(tmp_path, recipe, 0, earlier=()).asked.splitlines()[0]

    assert asked.startswith("verify --live")
    assert "--show-pii" not in asked
    assert "secrets." not in recipe


def test_the_shell_of_every_step_parses(tmp_path: Path) -> None:
    """`bash -n` for GitHub's, `sh -n` for the one that any machine runs."""
    texts = [("bash", one["run"]) for one in steps() if "run" in one]
    for number, (shell, text) in enumerate([*texts, ("sh", script())]):
        file = tmp_path / f"{number}.sh"
        file.write_text(re.sub(r"\$\{\{.*?\}\}", "x", text), encoding="utf-8")
        found = subprocess.run([shell, "-n", file], capture_output=True, check=False)
        assert found.returncode == 0, found.stderr


def test_every_flag_named_exists() -> None:
    """Each `eleva …` of the page is asked for its help, which has its flags."""
    from typer.testing import CliRunner

    from eleva_cli.cli import app

    text = "\n".join(body for _, body in BLOCK.findall(PAGE)).replace("\\\n", " ")
    lines = re.findall(r"(?:^|\s)eleva ((?:[a-z]+ )+)(--[^\n|>;#]*)", text)
    assert len(lines) >= 4
    for words, flags in lines:
        shown = CliRunner().invoke(app, [*words.split(), "--help"]).output
        for flag in re.findall(r"--[a-z-]+", flags):
            assert flag in shown, (words, flag)


def test_keys_are_only_where_they_are_needed() -> None:
    """Secrets go to the steps that look, actions are pinned, rights are few."""
    found = workflow()
    users = [one["name"] for one in steps() if "secrets." in str(one.get("env"))]

    assert users == ["Look", "Report"]
    assert found["permissions"] == {"contents": "write"}
    assert {"schedule", "workflow_dispatch"} == set(found[True])  # YAML's own "on"
    for one in steps():
        if "uses" in one:
            assert re.fullmatch(r"[\w/-]+@FULL_COMMIT_ID_OF_[A-Z_]+", one["uses"])


def test_a_report_is_uploaded_from_a_private_place_only() -> None:
    """It has a row for every user."""
    (upload,) = (one for one in steps() if "upload-artifact" in one.get("uses", ""))

    assert "github.event.repository.private" in upload["if"]
    assert "github.event.repository.private" in step("Report")["if"]
