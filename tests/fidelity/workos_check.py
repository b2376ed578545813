"""Requests and answers of WorkOS's side held against the published description.

What the sandbox accepts has to be valid, and so has what it answers. Where the
description itself is at odds with what WorkOS or its SDK says elsewhere, that is a
gap with a name, in `workos_gaps`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from tests.fidelity.workos_gaps import GAPS, Gap, Side
from tests.fidelity.workos_schema import (
    Fault,
    Operation,
    faults,
    operation_of_template,
    pointer_of,
)

# What any address may answer: no key, too many requests, and what stands before the
# service: a redirection, a time-out, a fault.
ANYWHERE = frozenset({302, 401, 408, 429, 500, 502, 503, 504})

# Endpoints of the sandbox that the description does not have, and why they are there.
NOT_DESCRIBED: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One disagreement with the description."""

    operation: str
    side: Side
    fault: Fault

    @property
    def gap(self) -> Gap | None:
        """The gap of the description that explains it."""
        for gap in GAPS:
            if gap.explains(self.operation, self.side, self.fault):
                return gap
        return None

    def __str__(self) -> str:
        return f"{self.operation}, {self.side}: {self.fault}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request to an endpoint, and what was answered."""

    method: str
    template: str
    query: str = ""
    body: bytes = b""
    status: int
    answer: bytes = b""


def findings(exchange: Exchange) -> Iterator[Finding]:
    """Yield every disagreement, known gaps as well."""
    operation = operation_of_template(exchange.method, exchange.template)
    if operation is None:
        name = f"{exchange.method} {exchange.template}"
        fault = Fault(place="", rule="endpoint", message="not in the description")
        yield Finding(operation=name, side="endpoint", fault=fault)
        return
    if exchange.status < 300:
        for fault in (*_query(operation, exchange), *_body(operation, exchange)):
            yield Finding(operation=operation.name, side="request", fault=fault)
    side: Side = "answer" if exchange.status < 300 else "refusal"
    for fault in _answer(operation, exchange):
        yield Finding(operation=operation.name, side=side, fault=fault)


def check_workos(exchange: Exchange) -> list[str]:
    """List the disagreements that no gap explains."""
    return [str(each) for each in findings(exchange) if each.gap is None]


def _query(operation: Operation, exchange: Exchange) -> Iterator[Fault]:
    given = parse_qsl(exchange.query, keep_blank_values=True)
    for name, text in given:
        if name not in operation.parameters:
            yield Fault(place=name, rule="parameter", message="no such parameter")
            continue
        number, node = operation.parameters[name]
        value = _typed(text, node["schema"].get("type"))
        pointer = pointer_of(*operation.pointer, "parameters", str(number), "schema")
        for fault in faults(pointer, value):
            yield Fault(place=name, rule=fault.rule, message=fault.message)
    for name in {name for name, _ in given if [n for n, _ in given].count(name) > 1}:
        yield Fault(place=name, rule="explode", message="given more than once")


def _typed(text: str, kind: object) -> object:
    if kind == "array":
        return text.split(",")
    if kind == "integer" and text.isdigit():
        return int(text)
    return text


def _body(operation: Operation, exchange: Exchange) -> Iterator[Fault]:
    if operation.request is None:
        if exchange.body not in {b"", b"{}"}:
            yield Fault(place="", rule="body", message="no body is declared")
        return
    value = json.loads(exchange.body) if exchange.body else None
    yield from faults(operation.request, value)


def _answer(operation: Operation, exchange: Exchange) -> Iterator[Fault]:
    status = exchange.status
    if status not in operation.statuses:
        if status not in ANYWHERE:
            yield Fault(place=str(status), rule="status", message="not declared")
        return
    pointer = operation.response(status)
    if pointer is None:
        if exchange.answer:
            yield Fault(place=str(status), rule="body", message="no body is declared")
        return
    # A refusal may say more than the description: WorkOS adds to it without notice.
    value = json.loads(exchange.answer)
    yield from faults(pointer, value, is_open=status >= 300)
