"""A strict model for each of the pinned Stripe SDK's own types of request parameters.

Those types are written for type checkers: names still to be resolved, enums opened with
`| str`, ready objects as an alternative to plain ones, request options mixed in. Here
they become models of what goes over the wire, that refuse what is not declared.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import parse_qsl

import stripe
import typing_extensions
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
)
from stripe import _request_options
from stripe._stripe_object import UntypedStripeObject

# A form carries text only: what each type looks like there.
WIRE: dict[Any, Any] = {
    int: Annotated[str, StringConstraints(pattern=r"^-?\d+$")],
    bool: Literal["true", "false"],
    float: Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")],
    Decimal: Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d{1,12})?$")],
}
OPTIONS = frozenset(_request_options.RequestOptions.__annotations__)
PART = re.compile(r"\[([^\[\]]*)\]")


@cache
def strict_params(params: type) -> type[BaseModel]:
    """Return the model of one of the SDK's `*Params`."""
    fields: dict[str, Any] = {
        f"f{number}": (wire_form(kind), Field(... if needed else None, alias=name))
        for number, (name, (kind, needed)) in enumerate(declared(params).items())
    }
    config = ConfigDict(extra="forbid", protected_namespaces=())
    return create_model(params.__name__, __config__=config, **fields)


@cache
def declared(params: type) -> dict[str, tuple[Any, bool]]:
    """Return the parameters that a type declares, each with its type and need."""
    found = {}
    for name, hint in _hints(params).items():
        optional = get_origin(hint) in {NotRequired, typing_extensions.NotRequired}
        if name not in OPTIONS:
            found[name] = (get_args(hint)[0] if optional else hint, not optional)
    return found


def _hints(params: type) -> dict[str, Any]:
    context = {"StripeContext": stripe.StripeContext}
    names = vars(_request_options) | vars(sys.modules[params.__module__]) | context
    return get_type_hints(params, globalns=names, include_extras=True)


def is_params(hint: Any) -> bool:
    """Tell a type with named fields."""
    return bool(typing_extensions.is_typeddict(hint))


def alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the plain types that a hint allows, without the SDK's conveniences."""
    if get_origin(hint) not in {Union, types.UnionType}:
        return (hint,)
    kept = [one for one in get_args(hint) if not _is_convenience(one)]
    if any(get_origin(one) is Literal and get_args(one) != ("",) for one in kept):
        # an enum, opened for values to come
        kept = [one for one in kept if one is not str]
    return tuple(kept)


def _is_convenience(hint: Any) -> bool:
    return hint is type(None) or UntypedStripeObject in (hint, get_origin(hint))


def wire_form(hint: Any) -> Any:
    """Return what a type is on the wire."""
    forms = [_one_form(each) for each in alternatives(hint)]
    return Union[tuple(forms)]  # noqa: UP007  # made from a list


def _one_form(hint: Any) -> Any:
    if is_params(hint):
        return strict_params(hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin is list:
        # mypy reads a made-up type as a variable
        many: Any = list
        return Annotated[many[wire_form(args[0])], BeforeValidator(listed)]
    if origin in {dict, Mapping}:
        named: Any = dict
        return named[str, wire_form(args[1])]
    return WIRE.get(hint, hint)


def listed(value: object) -> object:
    """Read `{"0": a, "1": b}` as a list, which is how brackets come out."""
    is_list = isinstance(value, dict) and value and all(map(str.isdigit, value))
    return list(value.values()) if is_list and isinstance(value, dict) else value


def parsed(text: str) -> dict[str, Any]:
    """Read a query or a form with brackets; what is a list, the types decide."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, _ = name.partition("[")
        *folders, last = [head, *PART.findall(name.removeprefix(head))]
        node = tree
        for folder in folders:
            node = node.setdefault(folder or str(len(node)), {})
        node[last or str(len(node))] = value
    return tree
