"""The search of customers: its language, its pages, and what it does not know yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from eleva_cli.sandbox.app import ROUTES
from eleva_cli.sandbox.limits import Limits
from eleva_cli.sandbox.settings import Settings
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import belief, ours, vendor

SEARCH = next(each for each in ROUTES if each.name == "GET /v1/customers/search")
PEOPLE: Any = [
    {
        "id": "cus_amy",
        "created": 10_000,
        "email": "amy@example.test",
        "name": "Amy One Two Three",
        "phone": "+351 210 000 000",
        "metadata": {"user": "User_7", "tier": "top"},
    },
    {
        "id": "cus_xamy",
        "created": 20_000,
        "email": "XAMY@example.test",
        "name": 'The "Sky" O\'Hara',
        "metadata": {"tier": "30"},
    },
    {"id": "cus_bare", "created": 30_000},
]


@pytest.fixture
def people(start: Callable[[Settings], Sandbox]) -> Sandbox:
    """Give three customers, found at once, as a seed's are."""
    made = start(Settings(limits_enabled=False))
    made.seed({"stripe": {"customers": PEOPLE}})
    return made


def search(sandbox: Sandbox, query: str, **more: Any) -> Any:
    return sandbox.stripe().customers.search({"query": query, **more})


def found(sandbox: Sandbox, query: str) -> str:
    """Search, and give the ends of the ids."""
    ids = [each.id.removeprefix("cus_") for each in search(sandbox, query).data]
    return " ".join(ids)


def refusal(sandbox: Sandbox, query: str, **more: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        search(sandbox, query, **more)
    assert refused.value.http_status == 400
    return refused.value


# --- the language


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("email:'amy@example.test'", "amy"),
        ('email:"AMY@Example.test"', "amy"),
        ("email~'AMY@'", "xamy amy"),
        ("-email:'amy@example.test'", "bare xamy"),
        ("email:null", "bare"),
        ("-email:NULL", "xamy amy"),
        ("email:'null'", ""),
        ("phone:'+351 210 000 000'", "amy"),
        (r"""name:"the \"sky\" o'hara" """, "xamy"),
        (r"name~'o\'har'", "xamy"),
        ("created:20000", "xamy"),
        ("created>'20000'", "bare"),
        ("created>=20000", "bare xamy"),
        ("created<=10000", "amy"),
        ("-created<20000", "bare xamy"),
    ],
)
@vendor("A5", "docs.stripe.com/search")
def test_a_clause_is_a_field_an_operator_and_a_value(
    people: Sandbox, query: str, expected: str
) -> None:
    """Text without regard to case; a minus turns the clause round; newest first."""
    assert found(people, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("metadata['user']:'user_7'", "amy"),
        ("metadata['user']:'user'", ""),
        ('metadata["tier"]:30', "xamy"),
        ("metadata['tier']:null", "bare"),
        ("-metadata['tier']:null", "xamy amy"),
        ("-metadata['tier']:'top'", "bare xamy"),
    ],
)
@vendor("A5", "docs.stripe.com/search")
def test_metadata_is_found_whole_and_by_its_presence(
    people: Sandbox, query: str, expected: str
) -> None:
    """A token: without regard to case, and never a part of it."""
    assert found(people, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("email~'amy' metadata['tier']:'top'", "amy"),
        ("email~'amy' and metadata['tier']:'30'", "xamy"),
        ("email:'amy@example.test' OR email:null", "bare amy"),
        ("created>1 or created<1 Or email:null", "bare xamy amy"),
    ],
)
@vendor("A5", "docs.stripe.com/search")
def test_clauses_are_joined_by_one_word(
    people: Sandbox, query: str, expected: str
) -> None:
    """All must hold where nothing is said."""
    assert found(people, query) == expected


@vendor("A5", "docs.stripe.com/search")
def test_an_exact_match_of_a_string_is_one_of_its_words(people: Sandbox) -> None:
    """So that who needs this very name has to look again; a token has no words."""
    assert found(people, "name:'one two'") == "amy"
    assert found(people, "name:'two one'") == ""
    assert found(people, "name:'amy three'") == "amy"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("email:'a' AND name:'b' OR phone:'c'", "combine AND and OR"),
        ("email:'a' name:'b' OR phone:'c'", "combine AND and OR"),
        (" ".join(["created>1"] * 11), "up to 10"),
        ("email~'am'", "minimum of 3"),
        ("email>'a'", "`>` is not supported"),
        ("metadata['user']~'user'", "`~` is not supported"),
        ("created~'1000'", "`~` is not supported"),
        ("created>null", "with `null`"),
        ("created:'today'", "compared with a number"),
        ("description:'x'", "Field `description` is an unsupported search field"),
        ("email", "unable to parse"),
        ("email:ana", "unable to parse"),
        ("email:'a", "unable to parse"),
        ("email:'a'name:'b'", "unable to parse"),
        ("email:'a' AND", "unable to parse"),
        ("metadata:'a'", "unable to parse"),
        ("email['a']:'a'", "unable to parse"),
    ],
)
@belief("that it is refused is documented; the words are partly what third parties saw")
def test_what_cannot_be_asked_is_refused(
    people: Sandbox, query: str, word: str
) -> None:
    """With a 400 that says why, and that names the query."""
    error = refusal(people, query)
    assert word in str(error)
    assert error.param == "query"
    assert error.error is not None
    assert error.error.type == "invalid_request_error"


@vendor("A5", "stripe 16.1, CustomerSearchParams.query")
def test_a_search_needs_a_query(people: Sandbox) -> None:
    """And takes no parameter of a list."""
    missing = people.raw("GET", "/v1/customers/search")
    assert missing.status_code == 400
    assert missing.json()["error"]["code"] == "parameter_missing"
    assert refusal(people, "created>1", starting_after="cus_amy").code == (
        "parameter_unknown"
    )


# --- the answer


@vendor("A5", "docs.stripe.com/api/customers/search")
def test_the_answer_is_a_search_result(people: Sandbox) -> None:
    """It is no customer called `search`, and counts only when asked to."""
    sent = search(people, "created>1").to_dict()
    assert {each: sent[each] for each in sent if each != "data"} == {
        "object": "search_result",
        "has_more": False,
        "next_page": None,
        "url": "/v1/customers/search",
    }
    assert sent["data"][0]["object"] == "customer"
    counted = search(people, "created>1", limit=1, expand=["total_count"])
    assert counted.total_count == 3
    nobody = search(people, "name:'nobody'", expand=["total_count", "data.test_clock"])
    assert (nobody.data, nobody.total_count) == ([], 0)


@vendor("A5", "docs.stripe.com/api/pagination/search")
def test_pages_follow_by_their_token(people: Sandbox) -> None:
    """Ten a page unless told; the SDK goes through all of them."""
    more = [{"id": f"cus_m{n:02}", "created": 50_000} for n in range(23)]
    people.seed({"stripe": {"customers": more}})
    first = search(people, "created>=50000")
    assert (len(first.data), first.has_more) == (10, True)
    everyone = [each.id for each in first.auto_paging_iter()]
    assert len(everyone) == len(set(everyone)) == 23
    last = search(people, "created>=50000", limit=100)
    assert (last.has_more, last.next_page) == (False, None)
    assert refusal(people, "created>=1", limit=101).param == "limit"


@belief("that a token fits its own query only")
def test_a_token_of_another_query_is_refused(people: Sandbox) -> None:
    """And so is any other text."""
    token = search(people, "created>1", limit=1).next_page
    assert search(people, "created>1", page=token).data[0].id == "cus_xamy"
    for query, page in (("created>2", token), ("created>1", "x"), ("created>1", "é")):
        assert refusal(people, query, page=page).param == "page"


@vendor("A1", "docs.stripe.com/rate-limits")
def test_searches_are_limited_together() -> None:
    """20 a second, in live mode, too."""
    limits, settings = Limits(), Settings()
    refused = [limits.refuse(SEARCH, settings, 1.0, live=True) for _ in range(21)]
    assert refused[:20] == [None] * 20
    assert refused[20] is not None
    assert refused[20][0].name == "stripe-search"


@belief("that reading customers is the permission")
def test_a_key_needs_to_read_customers(people: Sandbox) -> None:
    """The 403 names the permission."""
    people.post("settings", stripe_keys={"rk_test_x": ["customer_read"]})
    with pytest.raises(stripe.PermissionError, match="rak_customer_read"):
        people.stripe("rk_test_x").customers.search({"query": "created>1"})


# --- what it does not know yet


@vendor("A5", "docs.stripe.com/search")
def test_a_search_does_not_read_what_was_just_written(people: Sandbox) -> None:
    """A new customer is found a minute later; the list has it at once."""
    customers = people.stripe().customers
    made = customers.create({"email": "new@example.test"})
    assert found(people, "email:'new@example.test'") == ""
    assert customers.list({"email": "new@example.test"}).data[0].id == made.id
    people.post("clock", advance_s=30)  # the rest is left to a slow machine
    assert found(people, "email:'new@example.test'") == ""
    people.post("clock", advance_s=31)
    assert search(people, "email:'new@example.test'").data[0].id == made.id


@belief("that a change is found by what was there before, and shown as it is now")
def test_a_change_is_found_by_what_it_was(people: Sandbox) -> None:
    """Fields and metadata alike, over several changes."""
    customers = people.stripe().customers
    given = {"tier": "low", "fresh": "1", "user": ""}
    customers.update("cus_amy", {"metadata": given})
    customers.update("cus_amy", {"metadata": {"tier": "mid"}, "name": "Bea"})
    assert found(people, "metadata['tier']:'mid' OR metadata['fresh']:'1'") == ""
    assert found(people, "metadata['user']:'user_7' name:'amy'") == "amy"
    shown = search(people, "metadata['tier']:'top'").data[0]
    assert (shown.name, shown.metadata.tier) == ("Bea", "mid")
    people.post("clock", advance_s=61)
    assert found(people, "metadata['tier']:'mid' metadata['user']:null") == "amy"
    assert found(people, "metadata['tier']:'top'") == ""


@ours
def test_how_far_it_is_behind_is_a_switch(people: Sandbox) -> None:
    """Down to nothing."""
    people.post("settings", search_lag_s=0)
    people.stripe().customers.update("cus_amy", {"name": "Bea"})
    assert found(people, "name:'bea'") == "amy"


@belief("that a deleted customer is gone from the results at once")
def test_the_deleted_are_not_found(people: Sandbox) -> None:
    """Nor are those of the other mode."""
    people.stripe().customers.delete("cus_amy")
    live = [{"id": "cus_live", "email": "amy@example.test", "livemode": True}]
    people.seed({"stripe": {"customers": live}})
    assert found(people, "email~'amy@'") == "xamy"


@belief("that what hangs on a test clock is left out, as it is of lists")
def test_who_lives_by_a_clock_is_not_found(people: Sandbox) -> None:
    """However long it has been there."""
    sdk = people.stripe()
    clock = sdk.test_helpers.test_clocks.create({"frozen_time": 1_000_000_000})
    sdk.customers.create({"email": "clock@example.test", "test_clock": clock.id})
    people.post("clock", advance_s=61)
    assert found(people, "email~'clock'") == ""
