"""The price file: out with proposals, through a spreadsheet, and back in reviewed."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from eleva_cli.errors import UsageError
from eleva_cli.inputs import catalogue, prices
from eleva_cli.moves import Mapped, OldPrice, Terms

CATALOGUE = catalogue.read(None)
PIN = "# eleva prices; account=acct_1; mode=test; plan=plan-1"
SHORT = "old,currency,interval,key,policy"
MONTHLY = "community-expert-monthly"
TERMS = Terms(
    currency="eur",
    amount=2000,
    interval="month",
    interval_count=1,
    usage="licensed",
    scheme="per_unit",
    transform="",
    tax="inclusive",
    tax_code="",
)
OLD = OldPrice(
    price="price_old",
    product="prod_old",
    terms=TERMS,
    subscriptions=12,
    monthly=24000,
    name="=Community, 2019",
    proposed=MONTHLY,
    because="the same rhythm; asks 5.00 more",
)


def load(path: Path) -> dict[str, Mapped]:
    return prices.load(path, account="acct_1", mode="test", catalogue=CATALOGUE)


def written(folder: Path, *lines: str, pin: str = PIN) -> Path:
    path = folder / "prices.csv"
    path.write_text("\n".join((pin, *lines)) + "\n")
    return path


def out(folder: Path, *old: OldPrice) -> Path:
    path = folder / "out.csv"
    prices.write(path, old, account="acct_1", mode="test", plan="plan-1")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()[1:]))


def refusal(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(path)
    return caught.value


def test_what_is_proposed_does_nothing(tmp_path: Path) -> None:
    """A file as it was written moves nobody: proposals are not reviewed."""
    path = out(tmp_path, OLD)

    assert rows(path)[0]["proposed"] == MONTHLY
    assert load(path) == {}


def test_a_row_says_what_is_asked_and_by_how_many(tmp_path: Path) -> None:
    """A person sees amounts as people write them, and no cell is a formula."""
    (row,) = rows(out(tmp_path, OLD))

    assert (row["amount"], row["interval"], row["monthly"]) == (
        "20.00",
        "month",
        "240.00",
    )
    assert row["name"] == "'=Community, 2019"


def test_what_was_reviewed_is_taken_over_into_a_new_file(tmp_path: Path) -> None:
    """Who plans again with the file loses no decision."""
    reviewed = Mapped(old="price_old", key=MONTHLY, policy="now")
    left = Mapped(old="price_2", key=None)

    path = out(
        tmp_path,
        replace(OLD, row=reviewed),
        replace(OLD, price="price_2", row=left),
    )

    assert load(path) == {
        "price_old": replace(reviewed, line=3),
        "price_2": replace(left, line=4),
    }


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_spreadsheet_may_have_saved_it(tmp_path: Path, delimiter: str) -> None:
    """Byte order mark, other separators, quoted comments and Windows line ends."""
    cells = ["price_old", "eur", "month", MONTHLY, "NOW"]
    lines = [f'"{PIN}"', SHORT.replace(",", delimiter), delimiter.join(cells)]
    path = tmp_path / "prices.csv"
    path.write_bytes("\ufeff".encode() + "\r\n".join(lines).encode())

    assert load(path)["price_old"].key == MONTHLY
    assert load(path)["price_old"].policy == "now"


def test_a_price_may_be_left(tmp_path: Path) -> None:
    """`leave` is a decision, too: those subscriptions stay where they are."""
    assert load(written(tmp_path, SHORT, "price_old,,,Leave,"))["price_old"].key is None


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("price_old,eur,month,community-expert-montly,", "key"),
        ("price_old,eur,month,team-enterprise-monthly,", "reserved"),
        (f"price_old,eur,month,{MONTHLY},later", "policy"),
        ("price_old,eur,month,leave,now", "policy"),
        (f"price_old,usd,month,{MONTHLY},", "currency"),
        (f"price_old,eur,year,{MONTHLY},", "interval"),
        (f"price_old,eur,3 months,{MONTHLY},", "interval"),
        ("price_old,eur,month,,now", "incomplete"),
        (f",eur,month,{MONTHLY},", "incomplete"),
    ],
)
def test_a_row_that_cannot_be_is_told_by_its_line(
    tmp_path: Path, row: str, code: str
) -> None:
    """What the row itself shows to be wrong is told before any call is made."""
    error = refusal(written(tmp_path, SHORT, row))

    assert error.code == f"prices-{code}"
    assert "prices.csv:3" in str(error)
    assert error.hint


def test_a_misspelt_key_gets_the_one_that_was_meant(tmp_path: Path) -> None:
    """A person sees at once what to type instead."""
    path = written(tmp_path, SHORT, "price_old,,,community-expert-montly,")

    assert MONTHLY in refusal(path).hint


@pytest.mark.parametrize(
    ("header", "code", "message", "hint"),
    [
        ("old,key,polizy", "column-unknown", "no column polizy", "did you mean policy"),
        ("old,kye,policy", "column-unknown", "no column kye", "did you mean key"),
        ("old,key,colour", "column-unknown", "no column colour", "known: old"),
        ("old,policy", "column", "column key is missing", "old,product"),
        ("key,policy", "column", "column old is missing", "old,product"),
        ("old,key,Key", "column-doubled", "column key stands twice", "one column"),
    ],
)
def test_a_column_that_cannot_be_meant_is_named(
    tmp_path: Path, header: str, code: str, message: str, hint: str
) -> None:
    """Nothing of such a file is used: what stands there would be passed over."""
    error = refusal(written(tmp_path, header, f"price_old,{MONTHLY},now"))

    assert error.code == f"prices-{code}"
    assert "prices.csv:2" in str(error)
    assert message in str(error)
    assert hint in error.hint


def test_a_field_of_json_is_named_as_well(tmp_path: Path) -> None:
    """Lines of JSON have no header; each line's own names are looked at."""
    row = f'{{"old": "price_old", "key": "{MONTHLY}", "polizy": "keep"}}'

    error = refusal(written(tmp_path, row))

    assert (error.code, "prices.csv:2" in str(error)) == ("prices-column-unknown", True)


def test_what_stands_under_no_name_is_told(tmp_path: Path) -> None:
    """An emptied header hides a column; a spreadsheet's empty ones do no harm."""
    row = f"price_old,{MONTHLY}"

    error = refusal(written(tmp_path, "old,key,,", f"{row},now,"))

    assert (error.code, "prices.csv:3: 'now'" in str(error)) == ("prices-column", True)
    assert load(written(tmp_path, "old,key,,", f"{row},,"))["price_old"].key == MONTHLY


def test_an_old_price_stands_once(tmp_path: Path) -> None:
    """Two reviewed rows of one price are a question, not an answer."""
    row = f"price_old,eur,month,{MONTHLY},"

    error = refusal(written(tmp_path, SHORT, row, row))

    assert error.code == "prices-doubled"
    assert "line 3" in str(error)


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ("# prices", "unpinned"),
        (PIN.replace("acct_1", "acct_2"), "account"),
        (PIN.replace("test", "live"), "account"),
    ],
)
def test_a_file_belongs_to_an_account(tmp_path: Path, pin: str, code: str) -> None:
    """Decisions on one account's prices are never used on another's."""
    path = written(tmp_path, SHORT, f"price_old,,,{MONTHLY},", pin=pin)

    assert refusal(path).code == f"prices-{code}"
