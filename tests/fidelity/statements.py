"""What the sandbox's behaviour rests on, read from the tests' own marks.

`python -m tests.fidelity.statements --write` writes `docs/fidelity.md`.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "sandbox"
PAGE = ROOT / "docs" / "fidelity.md"

SECTIONS: Mapping[str, str] = {
    "A1": "Stripe: rate limits",
    "A2": "Stripe: errors and retries",
    "A3": "Stripe: calls, paging, expansion",
    "A4": "Stripe: idempotency",
    "A5": "Stripe: lists and filters",
    "A6": "Stripe: events",
    "A7": "Stripe: webhook signatures",
    "B": "Stripe: products and prices",
    "C": "Stripe: entitlements",
    "D1": "Stripe: API versions",
    "D2": "Stripe: old and new shapes",
    "D3": "Stripe: subscriptions",
    "E": "Stripe: meters",
    "F1": "WorkOS: transport",
    "F2": "WorkOS: pagination",
    "F3": "WorkOS: organizations",
    "F4": "WorkOS: users, memberships, roles, events",
    "F5": "WorkOS: access tokens",
    "G": "The add-on",
}
# Files about what is ours alone: control endpoints, seeds, the fleet.
OURS = frozenset({
    "test_control.py",
    "test_fleet.py",
    "test_fleet_past.py",
    "test_seed.py",
})  # fmt: skip

HEAD = """# What the sandbox rests on

Made from the tests (`python -m tests.fidelity.statements --write`);
do not edit it by hand.

A rehearsal is worth what its stage is worth, so each behaviour of the sandbox
names its ground:

- **contracts**: every request and every answer is held against the pinned SDKs'
  own types and the published OpenAPI description; [coverage.md](coverage.md)
  lists endpoints and fields, and what is missing;
- **the official WorkOS emulator**: one suite of tests runs against both
  (`tests/fidelity/test_workos_contract.py`);
- **statements of the vendors**: a test names the page, package or specification
  it rests on;
- **our own belief**: nobody states it, or only third parties do. These are listed
  below one by one. What matters most among them can be switched
  ([sandbox.md](sandbox.md)): rehearse in both positions.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What one test rests on: a vendor's section and source, or why we believe it."""

    file: str
    test: str
    says: str
    section: str | None
    text: str


def grounds(folder: Path = FOLDER) -> Iterator[Ground]:
    """Read the marks of every test in a folder."""
    for path in sorted(folder.rglob("test_*.py")):
        for function in tests_of(path):
            for mark in function.decorator_list:
                yield from _ground(path.name, function, mark)


def tests_of(path: Path) -> Iterator[ast.FunctionDef]:
    """Give the test functions of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _ground(file: str, function: ast.FunctionDef, mark: ast.expr) -> Iterator[Ground]:
    match mark:
        case ast.Call(func=ast.Name(id="vendor"), args=args):
            section, text = (ast.literal_eval(each) for each in args)
        case ast.Call(func=ast.Name(id="belief"), args=args):
            section, text = None, ast.literal_eval(args[0])
        case _:
            return
    yield Ground(
        file=file,
        test=function.name,
        says=_says(function),
        section=section,
        text=text,
    )


def _says(function: ast.FunctionDef) -> str:
    name = function.name.removeprefix("test_").replace("_", " ")
    more = " ".join((ast.get_docstring(function) or "").split())
    return f"{name[:1].upper()}{name[1:]}. {more}".strip()


def groundless(folder: Path = FOLDER) -> list[str]:
    """Name the tests of behaviour that say nothing about where it comes from."""
    known = {(each.file, each.test) for each in grounds(folder)}
    return [
        f"{path.name}::{function.name}"
        for path in sorted(folder.rglob("test_*.py"))
        if path.name not in OURS
        for function in tests_of(path)
        if (path.name, function.name) not in known and not _is_ours(function)
    ]


def _is_ours(function: ast.FunctionDef) -> bool:
    marks = [m.func if isinstance(m, ast.Call) else m for m in function.decorator_list]
    return any(isinstance(mark, ast.Name) and mark.id == "ours" for mark in marks)


def page(found: Sequence[Ground]) -> str:
    """Write the page."""
    stated = defaultdict(list)
    for each in found:
        if each.section is not None:
            stated[each.section].append(each)
    beliefs = [each for each in found if each.section is None]
    tests = {(each.file, each.test) for each in found}
    lines = [
        f"{len(tests)} tests of behaviour; {len(beliefs)} of them rest on belief.",
        "",
        "## Stated by the vendors",
        "",
        "| part | tests | sources |",
        "|---|---|---|",
    ]
    for section, title in SECTIONS.items():
        sources = sorted({each.text for each in stated[section]})
        lines.append(f"| {title} | {len(stated[section])} | {'; '.join(sources)} |")
    lines += ["", "## Our own belief", ""]
    lines += [f"- {each.says} *Why: {each.text}*" for each in beliefs]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.fidelity.statements --write")
    PAGE.write_text(page(list(grounds())), "utf-8")
