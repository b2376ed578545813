"""The file is rewritten where it has to be, and nowhere else."""

from __future__ import annotations

import difflib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.catalog import Catalogue, money
from eleva_cli.errors import UsageError
from eleva_cli.inputs.catalogue import mistakes_of, packaged
from eleva_cli.inputs.catalogue.rewriting import Rewriting, Value, with_ids

GOOD = packaged()


def values_of(text: str) -> Catalogue:
    catalogue, _ = mistakes_of(text, "x")
    assert catalogue is not None
    return catalogue


GOODS = values_of(GOOD)


def rewritten(text: str, changes: Rewriting) -> str:
    return with_ids(text, values_of(text), changes)


def lines_changed(before: str, after: str) -> list[str]:
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line[0] in "+-"]


def test_nothing_to_change_changes_nothing() -> None:
    """Byte for byte."""
    assert rewritten(GOOD, Rewriting()) == GOOD


def test_a_product_s_id_is_changed_everywhere() -> None:
    """Its table and its prices; names that only look alike stay."""
    text = rewritten(GOOD, Rewriting(product_ids={"expert_top": "prod_NffrFeUfNV2Hib"}))

    assert lines_changed(GOOD, text) == [
        "- [products.expert_top]",
        "+ [products.prod_NffrFeUfNV2Hib]",
        *(['- product = "expert_top"', '+ product = "prod_NffrFeUfNV2Hib"'] * 3),
    ]
    assert values_of(text).product("prod_NffrFeUfNV2Hib") is not None


def test_an_amount_is_changed_and_a_comment_stays() -> None:
    """The rest of the line, too."""
    given = GOOD.replace('amount = "59.00"', 'amount  =  "59.00"  # since May')
    changes = Rewriting(prices={"top-expert-monthly": {"amount": "49.00"}})

    assert lines_changed(given, rewritten(given, changes)) == [
        '- amount  =  "59.00"  # since May',
        '+ amount  =  "49.00"  # since May',
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_field_that_is_not_there_is_added(end: str) -> None:
    """Below the header of its table, with the file's own line end."""
    given = GOOD.replace("\n", end)
    fields: dict[str, Value] = {"amount": "500.00", "reserved": False, "nickname": "n"}
    changes = Rewriting(prices={"team-enterprise-monthly": fields})
    text = rewritten(given, changes)

    assert f'monthly]{end}amount = "500.00"{end}nickname = "n"{end}product' in text
    price = values_of(text).price("team-enterprise-monthly")
    assert price is not None
    assert price.amount == 50_000
    assert text.count("\r\n") == (text.count("\n") if end == "\r\n" else 0)


def test_an_inline_table_is_taken_as_it_is() -> None:
    """However somebody has written it."""
    given = 'p = { "a b" = { product = "x", every = "month" } }'.replace(
        "p ", "prices "
    )
    changes = Rewriting(prices={"a b": {"amount": "1.00", "every": "year"}})
    head = 'schema = 1\ncurrency = "eur"\n'
    text = with_ids(head + given, values_of(head + given), changes)

    assert text == head + (
        'prices = { "a b" = { amount = "1.00", product = "x", every = "year" } }'
    )


def test_what_has_no_table_is_refused() -> None:
    """Dotted keys at the top: there is no place to add to."""
    text = (
        'schema = 1\ncurrency = "eur"\nprices.k.product = "x"\nprices.k.every = "day"'
    )
    with pytest.raises(UsageError) as caught:
        rewritten(text, Rewriting(prices={"k": {"amount": "1.00"}}))

    assert caught.value.code == "catalog-form"
    assert "[prices.k]" in caught.value.hint


def test_a_header_at_the_end_is_added_to() -> None:
    """Where the last line has no end."""
    text = 'schema = 1\ncurrency = "eur"\n[prices]\n[prices.k]'
    lone = with_ids(text, GOODS, Rewriting(prices={"k": {"amount": "1.00"}}))

    assert lone == text + '\namount = "1.00"\n'


amounts = st.integers(0, 10**9)
ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(
    st.dictionaries(st.sampled_from([p.key for p in GOODS.prices]), amounts),
    st.dictionaries(st.sampled_from([p.id for p in GOODS.products]), ids),
)
def test_what_is_written_is_read_again(
    asked: dict[str, int], product_ids: dict[str, str]
) -> None:
    """Any amounts and ids: the file says them, and is otherwise the same."""
    if len({product_ids.get(one.id, one.id) for one in GOODS.products}) < 7:
        return
    fields: dict[str, dict[str, Value]] = {
        key: {"amount": money.plain(amount, "eur"), "reserved": False}
        for key, amount in asked.items()
    }
    text = rewritten(GOOD, Rewriting(product_ids=product_ids, prices=fields))

    assert values_of(text) == replace(
        GOODS,
        products=tuple(
            replace(one, id=product_ids.get(one.id, one.id)) for one in GOODS.products
        ),
        prices=tuple(
            replace(
                one,
                product=product_ids.get(one.product, one.product),
                amount=asked.get(one.key, one.amount),
            )
            for one in GOODS.prices
        ),
    )
    comments = [line for line in GOOD.splitlines() if line.startswith("#")]
    assert [line for line in text.splitlines() if line.startswith("#")] == comments


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_account_is_named_below_the_currency(end: str) -> None:
    """On a line of its own; a comment behind the currency stays there."""
    given = GOOD.replace('"eur"\n', '"eur"  # all of it\n').replace("\n", end)
    text = rewritten(given, Rewriting(account="acct_1"))

    assert f'"eur"  # all of it{end}account = "acct_1"{end}{end}' in text
    assert values_of(text) == replace(GOODS, account="acct_1")


def test_another_account_takes_the_place_of_the_first() -> None:
    """And the same one changes nothing."""
    first = rewritten(GOOD, Rewriting(account="acct_1"))
    second = rewritten(first, Rewriting(account="acct_2"))

    assert lines_changed(first, second) == [
        '- account = "acct_1"',
        '+ account = "acct_2"',
    ]
    assert rewritten(second, Rewriting(account="acct_2")) == second


def test_an_account_is_named_where_the_last_line_has_no_end() -> None:
    """A catalogue of two lines."""
    text = 'schema = 1\ncurrency = "eur"'

    assert rewritten(text, Rewriting(account="acct_1")) == (
        text + '\naccount = "acct_1"\n'
    )


def test_what_is_no_account_is_refused_by_line() -> None:
    """It would never be that of anybody's keys."""
    catalogue, (mistake,) = mistakes_of(
        'schema = 1\ncurrency = "eur"\naccount = "x"', ""
    )

    assert (catalogue, mistake.code, mistake.line) == (None, "catalog-value", 3)
    assert mistake.message == (
        "account must be the id of a Stripe account, this is 'x'"
    )
