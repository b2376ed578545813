"""The closed description notices what is wrong, and each gap of it is still one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fidelity.workos_check import Exchange, Finding, check_workos, findings
from tests.fidelity.workos_gaps import GAPS, MEMBERSHIPS, ORGANIZATION, USERS
from tests.fidelity.workos_schema import document, operation_of_template
from tests.outside.installed import why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

ONE = f"{MEMBERSHIPS}/{{id}}"


def described(method: str, template: str, status: int) -> Any:
    """Make an answer of the examples that the description gives of each field."""
    operation = operation_of_template(method, template)
    assert operation is not None
    content = operation.node["responses"][str(status)]["content"]
    return example_of(content["application/json"]["schema"])


def example_of(schema: Any) -> Any:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document()["components"]["schemas"][name]
    if "allOf" in schema:
        parts = [example_of(part) for part in schema["allOf"]]
        return {name: value for part in parts for name, value in part.items()}
    if "properties" in schema:
        return {name: example_of(s) for name, s in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema["items"])]
    known = schema.get("const") or schema.get("enum", [None])[0]
    unknown = False if schema.get("type") == "boolean" else "text"
    return schema.get("example", known or unknown)


def answered(method: str, template: str, body: Any, *, status: int = 200) -> Exchange:
    return Exchange(
        method=method,
        template=template,
        status=status,
        answer=json.dumps(body).encode(),
    )


def given(method: str, template: str, body: Any) -> Exchange:
    """Make a request that was accepted with the description's example."""
    status = 200 if method == "PUT" else 201
    return Exchange(
        method=method,
        template=template,
        body=json.dumps(body).encode(),
        status=status,
        answer=json.dumps(described(method, template, status)).encode(),
    )


SAY = {"message": "no"}
SAMPLES: dict[str, Any] = {
    "a user's name": lambda: answered(
        "GET",
        f"{USERS}/{{id}}",
        {**described("GET", f"{USERS}/{{id}}", 200), "name": "A"},
    ),
    "a user's name, given": lambda: given("PUT", f"{USERS}/{{id}}", {"name": "A"}),
    "the roles of a membership": lambda: answered(
        "GET", ONE, {**described("GET", ONE, 200), "roles": []}
    ),
    "a link taken away": lambda: given(
        "PUT", ORGANIZATION, {"stripe_customer_id": None}
    ),
    "a user to change who is not there": lambda: answered(
        "PUT", f"{USERS}/{{id}}", SAY, status=404
    ),
    "an organization to delete that is not there": lambda: answered(
        "DELETE", ORGANIZATION, SAY, status=404
    ),
    "a membership that exists": lambda: answered("POST", MEMBERSHIPS, SAY, status=409),
    "a link given at creation": lambda: given(
        "POST", "/organizations", {"name": "A", "stripe_customer_id": "cus_1"}
    ),
    "a customer that is not there": lambda: answered(
        "PUT", ORGANIZATION, {**SAY, "code": "other"}, status=400
    ),
    "a body that is no JSON": lambda: answered(
        "POST", "/organizations", SAY, status=400
    ),
}


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.name)
def test_a_gap_is_still_one(gap: Any) -> None:
    """The description refuses what we do, for that one reason."""
    found: list[Finding] = list(findings(SAMPLES[gap.name]()))
    assert [each.gap for each in found] == [gap]


def test_what_is_described_fits() -> None:
    """The examples of the description itself, with its own ids."""
    for template in ("/organizations", USERS, MEMBERSHIPS, ONE, "/authorization/roles"):
        body = described("GET", template, 200)
        assert list(findings(answered("GET", template, body))) == []


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        (
            Exchange(method="GET", template="/nothing", status=200),
            "GET /nothing, endpoint: the whole: not in the description",
        ),
        (
            Exchange(
                method="GET",
                template="/authorization/roles",
                query="limit=1",
                status=403,
                answer=b'{"message": "no"}',
            ),
            "",
        ),
        (
            Exchange(
                method="DELETE",
                template=f"{USERS}/{{id}}",
                query="force=1",
                status=200,
            ),
            "DELETE /user_management/users/{id}, request: force: no such parameter",
        ),
        (
            Exchange(method="DELETE", template=f"{USERS}/{{id}}", status=204),
            "DELETE /user_management/users/{id}, answer: 204: not declared",
        ),
        (
            Exchange(
                method="POST",
                template="/organizations",
                status=400,
                answer=b'{"message": "no", "code": "other"}',
            ),
            "POST /organizations, refusal: code: 'invalid_metadata' was expected",
        ),
    ],
)
def test_a_disagreement_is_found(exchange: Exchange, said: str) -> None:
    """The counter-examples; a refused request may be anything."""
    assert "\n".join(check_workos(exchange)) == said


@pytest.mark.parametrize(
    ("template", "body", "place"),
    [
        (ORGANIZATION, {"name": 1}, "name"),
        (ORGANIZATION, {"names": "A"}, "names"),
        (ORGANIZATION, {"metadata": {"a": 1}}, "metadata.a"),
        (ORGANIZATION, {"domain_data": [{"domain": "a.test"}]}, "domain_data"),
        (ONE, {"role": "owner"}, "role"),
    ],
)
def test_an_unfit_request_is_found(template: str, body: Any, place: str) -> None:
    """Types, names, and what is missing, also inside."""
    (found,) = findings(given("PUT", template, body))
    assert (found.side, found.fault.place, found.gap) == ("request", place, None)


def test_both_ways_to_give_roles_exclude_each_other() -> None:
    """One role or a list of them."""
    for body in ({"role_slug": "a"}, {"role_slugs": ["a"]}):
        assert list(findings(given("PUT", ONE, body))) == []
    both = {"role_slug": "a", "role_slugs": ["a"]}
    assert list(findings(given("PUT", ONE, both))) != []


@pytest.mark.parametrize("query", ["statuses=active,pending", "limit=100&order=asc"])
def test_a_query_is_read_as_the_sdk_writes_it(query: str) -> None:
    """Lists with commas, numbers as numbers."""
    body = described("GET", MEMBERSHIPS, 200)
    exchange = answered("GET", MEMBERSHIPS, body)
    asked = Exchange(
        method="GET",
        template=MEMBERSHIPS,
        query=query,
        status=200,
        answer=exchange.answer,
    )
    assert list(findings(asked)) == []


@pytest.mark.parametrize(
    "query",
    ["statuses=Active", "limit=101", "order=up", "statuses=active&statuses=pending"],
)
def test_an_unfit_query_is_found(query: str) -> None:
    """Other words, bounds, and a list written otherwise."""
    body = json.dumps(described("GET", MEMBERSHIPS, 200)).encode()
    (found,) = findings(
        Exchange(
            method="GET",
            template=MEMBERSHIPS,
            query=query,
            status=200,
            answer=body,
        )
    )
    assert found.fault.place == query.partition("=")[0]
