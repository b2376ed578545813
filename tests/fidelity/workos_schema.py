"""WorkOS's published OpenAPI description, closed: an unknown field is a fault too.

Schemas of the description are open, so that anything passes beside the declared
fields. In the closed copy every object that lists its fields has no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.outside.installed import WORKOS_OPENAPI

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

Schema = Any  # JSON, as it came
METHODS = ("get", "post", "put", "patch", "delete")
JSON_BODY = "application/json"
DISCRIMINATORS = ("event", "object", "code")
CLOSING = "additionalProperties"
_OPEN, _CLOSED = "urn:workos:open", "urn:workos:closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where a value does not fit its schema: a path without numbers, and why."""

    place: str
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.place or 'the whole'}: {self.message[:160]}"


@cache
def document() -> Schema:
    """Read the description as it was published."""
    return json.loads(WORKOS_OPENAPI.read_text(encoding="utf-8"))


def closed(schema: Schema, whole: Schema) -> Schema:
    """Copy a schema so that objects have the fields they list, and no others."""
    if isinstance(schema, list):
        return [closed(each, whole) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "allOf" in schema:
        return _joined(schema, whole)
    copy = {key: _closed_under(key, value, whole) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        copy.setdefault(CLOSING, False)
    elif schema.get("type") == "object" and "not" in schema:
        copy |= {"properties": {}, CLOSING: False}  # "none of these" is nothing at all
    return copy


def _closed_under(key: str, value: Schema, whole: Schema) -> Schema:
    # what must not be there, and what is shown, is no description of what may be
    return value if key in {"not", "example"} else closed(value, whole)


def _joined(schema: Schema, whole: Schema) -> Schema:
    """Close what `allOf` joins as one: each part alone would refuse the others' fields.

    Alternatives among the parts are closed one by one, with the fields of the rest.
    """
    parts = [_resolved(part, whole) for part in schema["allOf"]]
    rest = [part for part in parts if "oneOf" not in part]
    named = {name: True for part in rest for name in part.get("properties", {})}
    joined: Schema = {"allOf": [_part(part, whole) for part in rest]}
    alternatives = [part["oneOf"] for part in parts if "oneOf" in part]
    if not alternatives:
        return joined | {"properties": named, CLOSING: False}
    for branches in alternatives:
        resolved = [_resolved(branch, whole) for branch in branches]
        joined["allOf"].append(
            {"oneOf": [_part(each, whole, named) for each in resolved]}
        )
    return joined


def _part(
    part: Schema, whole: Schema, named: Mapping[str, bool] | None = None
) -> Schema:
    """Copy a part, closed inside; as a whole only with the names of the others."""
    copy = {key: _closed_under(key, value, whole) for key, value in part.items()}
    if named is not None:
        copy["properties"] = {**named, **copy.get("properties", {})}
        copy[CLOSING] = False
    return copy


def _resolved(schema: Schema, whole: Schema) -> Schema:
    return _at(whole, schema["$ref"]) if "$ref" in schema else schema


def _at(whole: Schema, pointer: str) -> Schema:
    found = whole
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def pointer_of(*parts: str) -> str:
    """Write a JSON pointer."""
    return "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


@cache
def _registry() -> Registry[Schema]:
    whole = document()
    registry: Registry[Schema] = Registry()
    return registry.with_resources(
        [
            (_OPEN, DRAFT202012.create_resource(whole)),
            (_CLOSED, DRAFT202012.create_resource(closed(whole, whole))),
        ]
    )


def _one_of(
    validator: Validator, branches: list[Schema], instance: object, schema: Schema
) -> Iterator[ValidationError]:
    """Try the alternatives that can be meant: of a hundred events one has the name."""
    meant = [each for each in branches if _can_be(each, instance)]
    yield from _ONE_OF(validator, meant or branches, instance, schema)


def _can_be(branch: Schema, instance: object) -> bool:
    properties = branch.get("properties")
    if not isinstance(properties, dict) or not isinstance(instance, dict):
        return True
    constants = ((name, properties.get(name)) for name in DISCRIMINATORS)
    return all(
        instance.get(name) == node["const"]
        for name, node in constants
        if isinstance(node, dict) and "const" in node
    )


_ONE_OF = Draft202012Validator.VALIDATORS["oneOf"]
_extend: Any = extend  # its stub has no types
_Validator = _extend(Draft202012Validator, {"oneOf": _one_of})


@cache
def _validator(uri: str, pointer: str) -> Validator:
    reference = {"$ref": f"{uri}#/{pointer}"}
    made: Validator = _Validator(
        reference, registry=_registry(), format_checker=FormatChecker()
    )
    return made


def faults(pointer: str, value: Any, *, is_open: bool = False) -> Iterator[Fault]:
    """Yield where a value does not fit the schema at a pointer."""
    validator = _validator(_OPEN if is_open else _CLOSED, pointer)
    for error in validator.iter_errors(value):
        for leaf in _leaves(error):
            yield from _faults_of(leaf)


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors below one, of the alternative that is nearest."""
    if not error.context:
        yield error
        return
    branches: dict[object, list[ValidationError]] = {}
    for each in error.context:
        branches.setdefault(each.schema_path[0], []).append(each)
    for each in min(branches.values(), key=len):
        yield from _leaves(each)


def _faults_of(error: ValidationError) -> Iterator[Fault]:
    place = ".".join(part for part in error.absolute_path if isinstance(part, str))
    rule = str(error.validator)
    if rule != CLOSING:
        yield Fault(place=place, rule=rule, message=error.message)
        return
    given: Any = error.instance
    schema: Any = error.schema
    for name in sorted(set(given) - set(schema["properties"])):
        where = ".".join(part for part in (place, name) if part)
        yield Fault(place=where, rule=rule, message="no such field")


@dataclass(frozen=True)
class Operation:
    """One endpoint of the description."""

    method: str
    path: str
    node: Mapping[str, Schema]

    @property
    def id(self) -> str:
        return str(self.node["operationId"])

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def pointer(self) -> tuple[str, ...]:
        return ("paths", self.path, self.method)

    @cached_property
    def parameters(self) -> dict[str, tuple[int, Schema]]:
        """The parameters of the query, and their places in the description."""
        listed = enumerate(self.node.get("parameters", []))
        return {each["name"]: (n, each) for n, each in listed if each["in"] == "query"}

    @property
    def request(self) -> str | None:
        """The pointer of the request's schema."""
        content = self.node.get("requestBody", {}).get("content", {})
        if JSON_BODY not in content:
            return None
        return pointer_of(*self.pointer, "requestBody", "content", JSON_BODY, "schema")

    @property
    def statuses(self) -> frozenset[int]:
        return frozenset(int(status) for status in self.node["responses"])

    def response(self, status: int) -> str | None:
        """Give the pointer of an answer's schema; none where it has no body."""
        content = self.node["responses"][str(status)].get("content", {})
        if JSON_BODY not in content:
            return None
        inside = ("responses", str(status), "content", JSON_BODY, "schema")
        return pointer_of(*self.pointer, *inside)


@cache
def operations() -> tuple[Operation, ...]:
    """List every endpoint of the description."""
    return tuple(
        Operation(method, path, node)
        for path, item in document()["paths"].items()
        for method, node in item.items()
        if method in METHODS
    )


@cache
def _by_shape() -> dict[tuple[str, tuple[str, ...]], list[Operation]]:
    shapes: dict[tuple[str, tuple[str, ...]], list[Operation]] = {}
    for each in operations():
        parts = tuple(_shape(part) for part in each.path.split("/"))
        shapes.setdefault((each.method, parts), []).append(each)
    return shapes


def _shape(part: str) -> str:
    return "*" if part.startswith("{") else part


def operation_of_template(method: str, template: str) -> Operation | None:
    """Find an endpoint by method and template, whatever its ids are called."""
    parts = tuple(_shape(part) for part in template.split("/"))
    found = _by_shape().get((method.lower(), parts), [])
    return found[0] if found else None
