"""The lock and its exports say the same, and every dependency has its reason."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eleva_cli
from tests.rules.source import ROOT

EXPORTS = {
    "requirements.lock": ["--no-default-groups", "--group", "build"],
    "requirements-dev.lock": [],
}
Pins = dict[str, tuple[str, frozenset[str]]]


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of_export(text: str) -> Pins:
    """Read `name==version ; marker` and the hashes below it."""
    pins: dict[str, tuple[str, set[str]]] = {}
    current: set[str] = set()
    for line in text.splitlines():
        if pin := re.match(r"([a-z0-9-]+)==(\S+)", line):
            current = set()
            pins[pin[1]] = (pin[2], current)
        elif digest := re.match(r"\s+--hash=(sha256:\w+)", line):
            current.add(digest[1])
    return {
        name: (version, frozenset(found)) for name, (version, found) in pins.items()
    }


def pins_of_lock(lock: dict[str, Any]) -> Pins:
    pins: Pins = {}
    for package in lock["package"]:
        files = [*package.get("wheels", []), package.get("sdist", {})]
        hashes = frozenset(f["hash"] for f in files if "hash" in f)
        pins[package["name"]] = (package["version"], hashes)
    return pins


def reachable(lock: dict[str, Any], groups: list[str]) -> set[str]:
    """Walk the lock from the project: its dependencies and these groups of it."""
    packages = {p["name"]: p for p in lock["package"]}
    root = packages.pop("eleva")
    todo = [*root["dependencies"]]
    for group in groups:
        todo += root["dev-dependencies"][group]
    seen: set[str] = set()
    while todo:
        name = todo.pop()["name"]
        if name not in seen:
            seen.add(name)
            todo += packages[name].get("dependencies", [])
            for extra in packages[name].get("optional-dependencies", {}).values():
                todo += [d for d in extra if d["name"] in packages]
    return seen


def disagreements(export: Pins, lock: Pins, wanted: set[str]) -> Iterator[str]:
    for name in sorted(wanted - export.keys()):
        yield f"{name} is locked and not exported"
    for name, (version, hashes) in export.items():
        if name not in lock:
            yield f"{name} is exported and not locked"
        elif lock[name] != (version, hashes):
            yield f"{name} {version} differs from the lock's {lock[name][0]}"
        if not hashes:
            yield f"{name} has no hash"


def unexplained(dependencies: list[str], page: str) -> Iterator[str]:
    """Yield dependencies that no sentence of the page names."""
    for dependency in dependencies:
        name = re.split(r"[\s<>=!~;\[]", dependency)[0]
        spoken = rf"(?im)^.*(?<![\w-]){re.escape(name)}(?![\w-]).*$"
        lines = re.findall(spoken, page)
        if not any(len(line.split()) >= 5 for line in lines):
            yield name


@pytest.mark.parametrize(
    ("name", "groups"),
    [("requirements.lock", ["build"]), ("requirements-dev.lock", ["dev"])],
)
def test_an_export_is_what_the_lock_says(name: str, groups: list[str]) -> None:
    """Same packages, versions and hashes; `make lock` writes both. No uv is needed."""
    lock = load("uv.lock")
    export = pins_of_export((ROOT / name).read_text(encoding="utf-8"))

    assert (
        list(disagreements(export, pins_of_lock(lock), reachable(lock, groups))) == []
    )


def test_the_lock_knows_what_the_project_asks_for() -> None:
    """A dependency changed in pyproject.toml without `make lock` is seen."""
    asked = load("pyproject.toml")["project"]["dependencies"]
    (root,) = [p for p in load("uv.lock")["package"] if p["name"] == "eleva"]
    locked = {squeezed(written(r)) for r in root["metadata"]["requires-dist"]}

    assert {squeezed(dependency) for dependency in asked} == locked


def written(requirement: dict[str, Any]) -> str:
    """Write a requirement of the lock as pyproject.toml has it."""
    extras = ",".join(requirement.get("extras", []))
    named = f"{requirement['name']}[{extras}]" if extras else requirement["name"]
    return f"{named}{requirement['specifier']}"


def squeezed(dependency: str) -> str:
    found = re.match(r"([\w.-]+)(\[[\w,-]+\])?", dependency)
    assert found is not None
    rest = dependency[found.end() :].replace(" ", "").split(",")
    return canonical(found[1]) + (found[2] or "") + ",".join(sorted(rest))


def uv() -> str:
    found = os.environ.get("UV") or shutil.which("uv")
    if not found:
        pytest.skip("uv is not on this machine: the comparison without it has to do")
    return found


@pytest.mark.parametrize("name", EXPORTS)
def test_uv_exports_the_same(name: str) -> None:
    """The export that uv makes now, comments apart."""
    command = [uv(), "export", "--quiet", "--offline", "--frozen", "--no-emit-project"]
    done = subprocess.run(
        [*command, *EXPORTS[name]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert without_comments(done.stdout) == without_comments(
        (ROOT / name).read_text(encoding="utf-8")
    )


def test_uv_finds_the_lock_fresh(tmp_path: Path) -> None:
    """Nothing in pyproject.toml has moved away from uv.lock."""
    done = subprocess.run(
        [uv(), "lock", "--check", "--offline", "--cache-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


def without_comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]


def test_the_build_backend_is_the_locked_one() -> None:
    """Without build isolation it comes from the lock: nothing is fetched unhashed."""
    project = load("pyproject.toml")
    (backend,) = project["build-system"]["requires"]

    assert project["dependency-groups"]["build"] == [backend]
    assert "flit-core" in pins_of_export((ROOT / "requirements.lock").read_text())


def test_the_version_is_said_once() -> None:
    """The package and its metadata agree."""
    assert load("pyproject.toml")["project"]["version"] == eleva_cli.__version__


def test_every_dependency_has_a_reason() -> None:
    """ARCHITECTURE.md has a sentence for each package that a user must install."""
    page = ROOT / "ARCHITECTURE.md"
    if not page.exists():
        pytest.skip("ARCHITECTURE.md is not written yet")
    dependencies = load("pyproject.toml")["project"]["dependencies"]

    assert list(unexplained(dependencies, page.read_text(encoding="utf-8"))) == []


def test_a_disagreement_is_found() -> None:
    """The counter-examples: version, hash, no hash, one too few, one too many."""
    one = frozenset({"sha256:aa"})
    lock: Pins = {"a": ("1", one), "b": ("1", one), "c": ("1", one)}
    export: Pins = {
        "a": ("2", one), "b": ("1", frozenset({"sha256:bb"})), "d": ("1", frozenset()),
    }  # fmt: skip

    assert len(list(disagreements(export, lock, {"a", "b", "c"}))) == 5
    assert list(disagreements(lock, lock, {"a", "b", "c"})) == []


def test_an_export_is_read() -> None:
    """What the comparison stands on: names, versions, hashes, no markers."""
    text = (
        "a-b==1.0 ; sys_platform == 'win32' \\\n"
        "    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )

    assert pins_of_export(text) == {
        "a-b": ("1.0", frozenset({"sha256:aa", "sha256:bb"}))
    }


def test_an_unexplained_dependency_is_found() -> None:
    """The counter-examples: a name alone is no sentence, nor is part of another."""
    page = "- stripe\nWe keep pydantic-settings because it reads profiles.\n"

    assert list(unexplained(["stripe==16.1.*", "pydantic>=2"], page)) == [
        "stripe",
        "pydantic",
    ]
    assert list(unexplained(["pydantic-settings>=2,<3"], page)) == []
