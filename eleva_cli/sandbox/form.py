"""Form bodies and queries with brackets, as Stripe reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

_PART = re.compile(r"\[([^\[\]]*)\]")


def parse(text: str) -> Json:
    """Read `a=1&b[c]=2&d[0]=3&e[]=4` into nested mappings; lists have number keys."""
    tree: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _place(tree, _path(name), value)
    return tree


def _path(name: str) -> list[str]:
    head, bracket, _ = name.partition("[")
    return [head, *_PART.findall(name[len(head) :])] if bracket else [name]


def _place(tree: Json, path: list[str], value: str) -> None:
    node = tree
    for part, following in zip(path, [*path[1:], None], strict=True):
        key = part or str(len(node))
        if following is None:
            node[key] = value
            return
        deeper = node.setdefault(key, {})
        if not isinstance(deeper, dict):
            deeper = node[key] = {}
        node = deeper
