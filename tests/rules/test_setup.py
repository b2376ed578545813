"""The set-up takes a Python that will do, or says what is missing.

So does the installation of what tests compare with: it is whole or not there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.outside.installed import why_not
from tests.rules.source import ROOT

OLD = "#!/bin/sh\nexit 1\n"  # too old, without venv, or a pyenv shim of nothing
GOOD = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
# As good, and quick: it leaves out pip, which `lent` gives from here.
QUICK = f"""#!/bin/sh
case "$1" in
-c) "{sys.executable}" "$@" >&2 && echo "$0" ;;
*) exec "{sys.executable}" "$@" --without-pip ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the script beside empty locks, where nothing has to be fetched."""
    project = tmp_path / "with a space"
    (project / "scripts").mkdir(parents=True)
    (project / "bin").mkdir()
    (project / "scripts" / "set-up").write_bytes((ROOT / "scripts/set-up").read_bytes())
    (project / "requirements.lock").write_text("")
    return project


def put(project: Path, name: str, script: str) -> None:
    path = project / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def lent(project: Path) -> dict[str, str]:
    """Lend our pip: to unpack one takes as long as all else here."""
    pip = find_spec("pip")
    assert pip is not None
    assert pip.origin is not None
    folder = project / "lent"
    folder.mkdir()
    (folder / "pip").symlink_to(Path(pip.origin).parent)
    return {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def set_up(project: Path, **env: str) -> subprocess.CompletedProcess[str]:
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3"):
        if not (project / "bin" / name).exists():
            put(project, name, OLD)
    path = os.pathsep.join([str(project / "bin"), "/usr/bin", "/bin"])
    return subprocess.run(
        ["sh", "scripts/set-up", "new"],
        cwd=project, env={"PATH": path, "UV": ""} | env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_first_python_that_will_do_makes_it_anew(project: Path) -> None:
    """Shims of nothing are passed over; what an interrupted set-up left is cleared."""
    put(project, "python3.12", QUICK)
    left = project / ".venv" / "lib" / "left"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    done = set_up(project, **lent(project))

    assert done.returncode == 0, done.stderr
    assert "python3.12" in done.stderr
    assert (project / ".venv" / "bin" / "python").exists()
    assert not left.exists()


def test_without_a_python_it_says_what_to_do(project: Path) -> None:
    """The names it tried, the package to install, the variable to set."""
    done = set_up(project)

    assert done.returncode == 1
    assert "no Python >= 3.11 with venv found" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (project / ".venv").exists()


def test_a_named_python_that_will_not_do_is_refused(project: Path) -> None:
    """What was asked for is not silently replaced by another."""
    put(project, "python3", GOOD)
    put(project, "mine", OLD)
    done = set_up(project, PYTHON="mine")

    assert done.returncode == 1
    assert "PYTHON=mine is not a Python >= 3.11" in done.stderr


NODE = """#!/bin/sh
case "$*" in
*process.exit*) exit ${NODE_OLD:-0} ;;
--version) echo v16.0.0 ;;
*) echo '{}' >workos-openapi.json ;;
esac
"""
NPM = """#!/bin/sh
mkdir -p node_modules/workos
[ -z "${NPM_FAILS:-}" ] || { echo "npm error code $NPM_FAILS" >&2; exit 1; }
echo "$@" >asked
"""
TOOLS = ("cat", "cp", "dirname", "head", "mkdir", "mv", "rm", "sed", "touch")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Copy the other script beside pins, with node and npm that install nothing."""
    project = tmp_path / "with a space"
    for folder in ("scripts", "tests/outside", "bin", ".venv"):
        (project / folder).mkdir(parents=True)
    script = (ROOT / "scripts/outside").read_bytes()
    (project / "scripts/outside").write_bytes(script)
    for name in ("package.json", "package-lock.json", "spec.mjs"):
        (project / "tests/outside" / name).write_text(f"{name} 1")
    for name in TOOLS:
        (project / "bin" / name).symlink_to(str(shutil.which(name)))
    put(project, "node", NODE)
    put(project, "npm", NPM)
    return project


def install(project: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "scripts/outside"],
        cwd=project, env={"PATH": str(project / "bin")} | env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def said_to_tests(project: Path) -> str | None:
    """Ask as the tests do why the artefacts cannot be used."""
    lock = project / "tests/outside/package-lock.json"
    return why_not(project / ".venv/outside", lock)


def stamped(project: Path) -> bool:
    return (project / ".venv/.outside").exists()


def test_what_tests_compare_with_is_installed_from_its_lock(outside: Path) -> None:
    """Without scripts of packages; what was there before is replaced as a whole."""
    left = outside / ".venv/outside/npm/old"
    left.mkdir(parents=True)
    done = install(outside)

    assert (done.returncode, stamped(outside)) == (0, True), done.stderr
    assert said_to_tests(outside) is None
    npm = outside / ".venv/outside/npm"
    assert (npm / "asked").read_text().startswith("ci --ignore-scripts")
    assert (npm / "workos-openapi.json").exists()
    assert not left.exists()


@pytest.mark.parametrize("lacks", ["node", "npm"])
def test_without_its_tool_it_says_so_and_goes_on(outside: Path, lacks: str) -> None:
    """One line; the tests that need it say the same when they are skipped."""
    (outside / "bin" / lacks).unlink()
    done = install(outside)

    assert (done.returncode, stamped(outside)) == (0, False)
    assert done.stderr.splitlines() == [
        f"outside: its tests are skipped: {lacks} is not on this machine"
    ]
    assert said_to_tests(outside) == f"outside: {lacks} is not on this machine"


def test_a_registry_out_of_reach_leaves_nothing_half(outside: Path) -> None:
    """What was installed from the same lock stays, but is not taken for new."""
    install(outside)
    done = install(outside, NPM_FAILS="ENOTFOUND")

    assert (done.returncode, stamped(outside)) == (0, False)
    assert "npm cannot install the packages (ENOTFOUND)" in done.stderr
    assert sorted(p.name for p in (outside / ".venv/outside").iterdir()) == [
        "npm",
        "why-not",
    ]
    assert (outside / ".venv/outside/npm/asked").exists()
    assert install(outside).returncode == 0
    assert said_to_tests(outside) is None


def test_a_node_that_is_too_old_is_named(outside: Path) -> None:
    """The emulator needs 20."""
    assert "node v16.0.0 is older than 20" in install(outside, NODE_OLD="1").stderr


def test_where_it_is_required_it_is_an_error(outside: Path) -> None:
    """CI asks for it: a proof that is skipped there would be missed by nobody."""
    done = install(outside, OUTSIDE="required", NPM_FAILS="E503")

    assert done.returncode == 1
    assert "error: outside: npm cannot install the packages (E503)" in done.stderr
    assert "OUTSIDE=required" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_what_was_installed_from_another_lock_is_not_used(outside: Path) -> None:
    """Nor what was never installed."""
    assert "not installed yet" in str(said_to_tests(outside))
    install(outside)
    (outside / "tests/outside/package-lock.json").write_text("2")
    assert "another lock" in str(said_to_tests(outside))


def test_the_pins_of_npm_are_exact() -> None:
    """And each package of the lock has its hash, from the public registry."""
    pins = json.loads((ROOT / "tests/outside/package.json").read_text("utf-8"))
    lock = json.loads((ROOT / "tests/outside/package-lock.json").read_text("utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}

    assert all(re.fullmatch(r"[\d.]+", v) for v in pins["dependencies"].values())
    assert lock["packages"][""]["dependencies"] == pins["dependencies"]
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert {each["resolved"].split("/-/")[0].split("//")[1].split("/")[0]
            for each in packages.values()} == {"registry.npmjs.org"}  # fmt: skip
