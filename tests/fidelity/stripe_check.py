"""Requests and answers of Stripe's side held against the pinned SDK's own types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import stripe
from pydantic import BaseModel, ValidationError

from tests.fidelity.stripe_endpoints import Endpoint
from tests.fidelity.stripe_params import parsed, strict_params
from tests.fidelity.stripe_resources import Deleted, model_for

FIRST = 5  # of a list; what follows came off the same press


def request_findings(endpoint: Endpoint, *texts: str) -> Iterator[str]:
    """Yield what the endpoint's type of parameters says against a query and a form."""
    given: dict[str, Any] = {}
    for text in texts:
        given |= parsed(text)
    yield from problems(strict_params(endpoint.params), given)


def answer_findings(endpoint: Endpoint, body: Any) -> Iterator[str]:
    """Yield what the endpoint's resource class says against the body of a success."""
    if not isinstance(body, dict):
        yield f"the body is {type(body).__name__}, not an object"
    elif endpoint.is_list:
        yield from _list_findings(endpoint.resource, body)
    elif endpoint.called.endswith(".delete") and "deleted" not in body:
        yield "deleted: Field required"
    else:
        yield from object_findings(endpoint.resource, body)


def object_findings(resource: type, body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a resource class says against one object."""
    model = model_for(resource, body)
    name = vars(resource).get("OBJECT_NAME")
    # an event keeps the shape of its own version
    is_old = name == "event" and not is_pinned(body.get("api_version"))
    for found in problems(model, body):
        if not (is_old and found.startswith("data")):
            yield found
    if model is Deleted and body.get("object") != name:
        yield f"object: {body.get('object')!r} is not {name!r}"


def _list_findings(resource: type, body: Mapping[str, Any]) -> Iterator[str]:
    kind = body.get("object")
    if kind not in {"list", "search_result"}:
        yield f"object: {kind!r} is not a list"
        return
    shape = {"object": str, "url": str, "has_more": bool, "data": list}
    for name, wanted in shape.items():
        if not isinstance(body.get(name), wanted):
            yield f"{name}: not {wanted.__name__}"
    more = {"total_count", "next_page"} if kind == "search_result" else set()
    for name in set(body) - set(shape) - more:
        yield f"{name}: not declared"
    for number, item in enumerate(body.get("data", [])[:FIRST]):
        for found in object_findings(resource, item):
            yield f"data.{number}.{found}"


def problems(model: type[BaseModel], value: object) -> Iterator[str]:
    """Yield where a value does not fit, and why."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False):
            place = ".".join(str(part) for part in each["loc"])
            shown = repr(each["input"])
            more = "" if each["type"] == "missing" else f", not {shown:.60}"
            yield f"{place}: {each['msg']}{more}"


def is_pinned(version: str | None) -> bool:
    """Tell whether an answer of this API version has the pinned SDK's shapes."""
    return version in {None, "", stripe.api_version}
