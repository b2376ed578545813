"""A strict model for each of the pinned Stripe SDK's own resource classes.

A field that is not declared, that is missing although it is not optional, or that is
of another type is refused, in the resource and in every other resource inside it.
`Optional` can only mean "null or absent": the SDK does not tell the two apart.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import stripe
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    create_model,
)
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject, UntypedStripeObject

LISTS = (stripe.ListObject, stripe.SearchResultObject)
LEAVES: dict[Any, Any] = {
    Decimal: Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d{1,12})?$")],
    object: Any,
}
CONFIG = ConfigDict(extra="forbid", strict=True, protected_namespaces=())
NOT_FIELDS = frozenset({"OBJECT_NAME", "last_response"})


class Deleted(BaseModel):
    """What is left of an object once it was deleted."""

    model_config = CONFIG
    id: str
    object: str
    deleted: Literal[True]


@cache
def strict_resource(resource: type) -> type[BaseModel]:
    """Return the model of a resource class, or of a part of one."""
    fields: dict[str, Any] = {
        f"f{number}": (form, Field(... if needed else None, alias=name))
        for number, (name, form, needed) in enumerate(_fields(resource))
    }
    return create_model(resource.__qualname__, __config__=CONFIG, **fields)


def _fields(resource: type) -> Iterator[tuple[str, Any, bool]]:
    for name, hint in declared(resource).items():
        if (resource_name(resource), name) == ("event", "data"):
            yield name, Annotated[Any, PlainValidator(_event_data)], True
        elif name != "deleted" or resource is stripe.Discount:
            yield name, json_form(hint), not is_optional(hint)


@cache
def declared(resource: type) -> dict[str, Any]:
    """Return the fields that a class declares, each with its type."""
    hints = get_type_hints(resource, localns=Names(resource))
    own = {
        name
        for each in resource.__mro__
        if issubclass(each, StripeObject) and each is not StripeObject
        for name in inspect.get_annotations(each)
    }
    return {name: hints[name] for name in sorted(own) if _is_field(name, hints[name])}


def _is_field(name: str, hint: Any) -> bool:
    hidden = name.startswith("_") or name in NOT_FIELDS
    return not hidden and get_origin(hint) is not ClassVar


def is_optional(hint: Any) -> bool:
    """Tell a field that may be null, or absent."""
    return hint is Any or type(None) in _alternatives(hint)


def resource_name(kind: Any) -> str | None:
    """Return the `object` of a resource; a part of one has none."""
    name = vars(kind).get("OBJECT_NAME") if inspect.isclass(kind) else None
    return name if isinstance(name, str) else None


def _alternatives(hint: Any) -> tuple[Any, ...]:
    is_union = get_origin(hint) in {Union, types.UnionType}
    return get_args(hint) if is_union else (hint,)


def json_form(hint: Any) -> Any:
    """Return what a type is in an answer."""
    kinds = list(_alternatives(hint))
    if any(get_origin(kind) is Literal for kind in kinds):
        # an enum, opened for values to come
        kinds = [kind for kind in kinds if kind is not str]
    objects = [kind for kind in kinds if _is_resource(kind)]
    if objects:
        # an id, or the object itself where it was expanded
        checker = _checker(objects, or_id=str in kinds)
        kinds = [kind for kind in kinds if kind not in (*objects, str)]
        forms = [Annotated[Any, PlainValidator(checker)]]
    else:
        forms = []
    forms += [_one_form(kind) for kind in kinds]
    return Union[tuple(forms)]  # noqa: UP007  # made from a list


def _is_resource(kind: Any) -> bool:
    return resource_name(kind) is not None and kind not in LISTS


def _one_form(hint: Any) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in LISTS:
        return list_of(json_form(args[0]))
    if origin is list:
        # mypy reads a made-up type as a variable
        many: Any = list
        return many[json_form(args[0])]
    if origin in {dict, Mapping, UntypedStripeObject}:
        named: Any = dict
        return named[str, json_form(args[-1])]
    if hint is UntypedStripeObject:
        return dict[str, Any]
    if inspect.isclass(hint) and issubclass(hint, StripeObject):
        part: type = hint
        return strict_resource(part)
    return LEAVES.get(hint, hint)


def list_of(item: Any) -> type[BaseModel]:
    """Return the model of a list in an answer."""
    many: Any = list
    return create_model(
        "List",
        __config__=CONFIG,
        object=Literal["list"],
        url=str,
        has_more=bool,
        data=many[item],
    )


def _checker(resources: Iterable[type], *, or_id: bool) -> Callable[[object], object]:
    """Check by the resource that an object says it is; made when first met."""
    by_name = {resource_name(one): one for one in resources}

    def check(value: object) -> object:
        if or_id and isinstance(value, str):
            return value
        if not isinstance(value, dict):
            raise ValueError(f"is {value!r:.40}")  # noqa: TRY004  # pydantic's
        found = by_name.get(value.get("object"))
        if found is None:
            raise ValueError(f"is {value.get('object')!r}, not one of {list(by_name)}")
        return model_for(found, value).model_validate(value)

    return check


def model_for(resource: type, value: Mapping[str, Any]) -> type[BaseModel]:
    """Return the model that an object has to fit: whole, or deleted.

    A discount that was deleted is still shown whole, as its published schema says.
    """
    is_cut = "deleted" in value and resource is not stripe.Discount
    return Deleted if is_cut else strict_resource(resource)


def _event_data(value: object) -> object:
    """Check what an event is about, as the resource that it says it is."""
    if not isinstance(value, dict) or not isinstance(value.get("object"), dict):
        raise ValueError("should hold an object")  # noqa: TRY004  # pydantic's
    extra = set(value) - {"object", "previous_attributes"}
    if extra:
        raise ValueError(f"holds {sorted(extra)}")
    about = value["object"]
    known: type = get_object_class("V1", str(about.get("object")))
    if known is StripeObject:
        raise ValueError(f"is about {about.get('object')!r}")
    before = set(value.get("previous_attributes", {})) - set(declared(known))
    if before:
        raise ValueError(f"previous attributes {sorted(before)}")
    return model_for(known, about).model_validate(about)


class Names(dict[str, Any]):
    """What the names in a module's annotations stand for."""

    def __init__(self, resource: type) -> None:
        super().__init__()
        self._module = sys.modules[resource.__module__]

    def __missing__(self, name: str) -> Any:
        for_types = names_for_types(self._module.__name__)
        if name in for_types:
            module, attribute = for_types[name]
            return getattr(import_module(module), attribute)
        for place in (self._module, builtins, stripe):
            if hasattr(place, name):
                return getattr(place, name)
        raise KeyError(name)


@cache
def names_for_types(module: str) -> dict[str, tuple[str, str]]:
    """Return what a module imports for type checkers only: name, module, attribute."""
    return dict(_imports_for_types(inspect.getsource(import_module(module))))


def _imports_for_types(source: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body):
                imports = (each for each in body if isinstance(each, ast.ImportFrom))
                for each in imports:
                    for alias in each.names:
                        name = alias.asname or alias.name
                        yield name, (each.module or "", alias.name)
