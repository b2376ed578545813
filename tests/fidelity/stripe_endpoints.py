"""Every endpoint of the pinned Stripe SDK, read from the source of its services.

A service's method names its address, the type of its parameters, and what it gives
back; nothing of that is typed by hand here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import stripe

FOLDER = Path(stripe.__file__).parent
ADDRESS = re.compile(r'"(/v1/[^"]*)"')
NAME_IN_PATH = re.compile(r"\{[a-z_]+\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one service."""

    method: str
    template: str
    called: str
    params_at: str
    resource_at: str
    is_list: bool

    @property
    def name(self) -> str:
        """Method and template, with every id as `{id}`."""
        return f"{self.method} {self.template}"

    @property
    def params(self) -> type:
        """The type of its parameters."""
        return _loaded(self.params_at)

    @property
    def resource(self) -> type:
        """The class of what it gives back, or of each in a list of them."""
        return _loaded(self.resource_at)


@cache
def endpoints(templates: frozenset[str]) -> dict[str, Endpoint]:
    """Return the SDK's endpoints at these addresses, by name."""
    found: dict[str, Endpoint] = {}
    for path in sorted(FOLDER.rglob("*_service.py")):
        text = path.read_text("utf-8")
        # reading is cheap, parsing all of them is not
        if templates & {plain(each) for each in ADDRESS.findall(text)}:
            for endpoint in _endpoints_in(path, ast.parse(text)):
                found.setdefault(endpoint.name, endpoint)
    return {name: one for name, one in found.items() if one.template in templates}


def plain(template: str) -> str:
    """Write a path template with every id as `{id}`."""
    return NAME_IN_PATH.sub("{id}", template)


def _endpoints_in(path: Path, tree: ast.Module) -> Iterator[Endpoint]:
    names = _imports(tree)
    module = ".".join(("stripe", *path.relative_to(FOLDER).with_suffix("").parts))
    for service in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for node in service.body:
            if not isinstance(node, ast.FunctionDef):
                continue
            address = _address(node)
            if address is not None:
                yield _endpoint(f"{module}.{service.name}", node, address, names)


def _endpoint(
    service: str, node: ast.FunctionDef, address: tuple[str, str], names: dict[str, str]
) -> Endpoint:
    resource, is_list = _returned(node, names)
    return Endpoint(
        method=address[0].upper(),
        template=plain(address[1]),
        called=f"{service}.{node.name}",
        params_at=_params(node, names),
        resource_at=resource,
        is_list=is_list,
    )


def _imports(tree: ast.Module) -> dict[str, str]:
    """Return where each imported name comes from."""
    return {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _address(function: ast.FunctionDef) -> tuple[str, str] | None:
    """Return method and path of the request that a method makes."""
    for node in ast.walk(function):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="_request"),
                args=[
                    ast.Constant(value=str(method)),
                    ast.Constant(value=str(path))
                    | ast.Call(func=ast.Attribute(value=ast.Constant(value=str(path)))),
                ],
            ):
                return method, path
    return None


def _params(function: ast.FunctionDef, names: dict[str, str]) -> str:
    """Return where the type of a method's parameters is."""
    for argument in (*function.args.posonlyargs, *function.args.args):
        if argument.arg == "params" and argument.annotation is not None:
            found = [one for one in _named(argument.annotation) if "Params" in one]
            return names[found[0]]
    raise LookupError(function.name)


def _returned(function: ast.FunctionDef, names: dict[str, str]) -> tuple[str, bool]:
    """Return where the class of what comes back is, and whether it is a list."""
    assert function.returns is not None
    said = _named(function.returns)
    kinds = [one for one in said if one not in {"ListObject", "SearchResultObject"}]
    own = [one for one in kinds if one in names and one not in {"Union", "Optional"}]
    return names[own[0]], len(kinds) < len(said)


def _named(annotation: ast.expr) -> list[str]:
    """Return the names in an annotation, those written as text included."""
    found: list[str] = []
    for node in ast.walk(annotation):
        match node:
            case ast.Constant(value=str(text)):
                found += _named(ast.parse(text, mode="eval").body)
            case ast.Name(id=name):
                found.append(name)
    return found


@cache
def _loaded(place: str) -> type:
    module, _, name = place.partition(":")
    found = getattr(import_module(module), name)
    assert isinstance(found, type)
    return found
