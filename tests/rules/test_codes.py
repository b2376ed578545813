"""Every code that a user can meet is explained in the docs, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.rules.source import ROOT, modules

PAGES = (
    "docs/errors.md",
    "docs/conflicts.md",
    "docs/catalog-differences.md",
    "docs/ci.md",
    "docs/findings.md",
    "docs/files.md",
    "docs/invites.md",
    "docs/subscriptions.md",
    "docs/pilot.md",
    "docs/webhooks.md",
)
CODE = re.compile(r"`([a-z…-]+)`")


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Yield the `code=` texts of errors and findings; `…` for a part made up later."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.keyword) or node.arg != "code":
            continue
        for value in _texts(node.value):
            if re.fullmatch(r"[a-z…-]{3,}", value):
                yield value


def _texts(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
        case ast.JoinedStr(values=parts):
            texts = (p.value if isinstance(p, ast.Constant) else "…" for p in parts)
            yield "".join(str(text) for text in texts)


def raised() -> set[str]:
    found: set[str] = set()
    for module in modules():
        if "sandbox" not in module.name.split("."):
            found.update(codes_in(module.tree))
    return found


def explained() -> set[str]:
    """Return the codes in the first cell of the tables' rows."""
    texts = "\n".join((ROOT / page).read_text("utf-8") for page in PAGES)
    cells = (line.split("|")[1] for line in texts.splitlines() if line[:3] == "| `")
    return {code for cell in cells for code in CODE.findall(cell)}


def covers(code: str, pages: set[str]) -> bool:
    """A code with a part made up later is covered by any page entry of that shape."""
    shape = re.compile(re.escape(code).replace("…", "[a-z-]+") + "$")
    return any(shape.match(entry) or entry == code for entry in pages)


def test_every_code_is_explained() -> None:
    """A code that a user meets can be looked up."""
    pages = explained()

    assert sorted(code for code in raised() if not covers(code, pages)) == []


def test_codes_are_read_from_source() -> None:
    """The counter-example: a plain code, a made-up one, and one of two."""
    tree = ast.parse('f(code="a-b"); g(code=f"{x}-id"); h(code="abc" if y else "def")')

    assert set(codes_in(tree)) == {"a-b", "…-id", "abc", "def"}
    assert not covers("never-heard-of", {"a-b"})
    assert covers("…-id", {"mapping-id"})
