"""WorkOS's half of `docs/coverage.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eleva_cli.sandbox.app import ROUTES
from tests.fidelity.coverage_rows import Half, Row
from tests.fidelity.workos_check import NOT_DESCRIBED
from tests.fidelity.workos_gaps import GAPS
from tests.fidelity.workos_observed import KEY, sandbox_side, tool_side
from tests.fidelity.workos_schema import (
    CLOSING,
    Operation,
    document,
    operation_of_template,
)
from tests.fidelity.workos_witness import TEMPLATES
from tests.outside.installed import why_not

# Object -> where the description has it.
OBJECTS: Mapping[str, str] = {
    "event": "EventSchema",
    KEY: "JwksResponse/properties/keys/items",
    "organization": "Organization",
    "organization_domain": "Organization/properties/domains/items",
    "organization_membership": "UserlandUserOrganizationMembership",
    "role": "Role",
    "user": "UserlandUser",
}
# Fields that the description leaves out, by a gap that has its reason there.
LEFT_OUT = frozenset(
    gap.place for gap in GAPS if (gap.side, gap.rule) == ("answer", CLOSING)
)
_SIGN_IN = (
    "how a user signs in is not modelled: tokens are minted by a control endpoint"
)
_DNS = "domains are given as verified; to prove one by DNS is not modelled"
REASONS: Mapping[str, str] = {
    "password": _SIGN_IN,
    "password_hash": _SIGN_IN,
    "password_hash_type": _SIGN_IN,
    "verification_prefix": _DNS,
    "verification_token": _DNS,
}


def half() -> Half | None:
    """Return the rows; nothing where the description is not installed."""
    if why_not() is not None:
        return None
    return Half(
        title="WorkOS",
        contract=f"`@workos/openapi-spec` (npm), OpenAPI {document()['openapi']}",
        endpoints=tuple(_endpoints()),
        objects=tuple(_objects()),
        beyond={**NOT_DESCRIBED, **{gap.name: gap.why for gap in GAPS}},
    )


def _endpoints() -> Iterator[Row]:
    taken, _ = sandbox_side()
    for route in sorted(ROUTES, key=lambda route: (route.template, route.method)):
        if route.name not in TEMPLATES:
            continue
        operation = operation_of_template(route.method, route.template)
        if operation is None:
            continue
        declared = frozenset(_parameters(operation))
        covered = declared & taken[route.name]
        yield Row(
            name=route.name,
            contract=operation.id,
            declared=declared,
            covered=covered,
            used=frozenset(tool_side().sent.get(route.name, ())),
            called=route.name in tool_side().sent,
            gaps=_gaps(declared - covered),
        )


def _parameters(operation: Operation) -> Iterator[str]:
    yield from operation.parameters
    content = operation.node.get("requestBody", {}).get("content", {})
    for each in content.values():
        yield from names(each["schema"])


def names(schema: Any) -> Iterator[str]:
    """Yield the fields that a schema lists, in all its parts."""
    if "$ref" in schema:
        yield from names(_component(schema["$ref"].rpartition("/")[2]))
    yield from schema.get("properties", {})
    for word in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(word, ()):
            yield from names(part)


def _component(path: str) -> Any:
    found = document()["components"]["schemas"]
    for part in path.split("/"):
        found = found[part]
    return found


def _objects() -> Iterator[Row]:
    _, sent = sandbox_side()
    read = tool_side().read
    for name, path in OBJECTS.items():
        described = frozenset(names(_component(path)))
        declared = described | (LEFT_OUT & read[name])
        covered = declared & sent[name]
        yield Row(
            name=name,
            contract=path.partition("/")[0],
            declared=declared,
            covered=covered,
            used=frozenset(read[name]),
            gaps=_gaps(declared - covered),
        )


def _gaps(missing: frozenset[str]) -> dict[str, str]:
    return {name: REASONS[name] for name in sorted(missing) if name in REASONS}
