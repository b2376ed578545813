"""One person's answer, tree and story, from values alone."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from eleva_cli.chain import Case, Member, Settled
from eleva_cli.chain.answering import Asked, meeting
from eleva_cli.chain.codes import CODES
from eleva_cli.chain.showing import COLUMNS, UNKNOWN_TOKEN, Shown
from eleva_cli.chain.story import (
    MOST,
    STRIPE_TYPES,
    Happening,
    latest,
    lines,
    of_stripe,
    of_workos,
    told,
)
from eleva_cli.outcome import Branch
from eleva_cli.output.terminal import Terminal
from eleva_cli.output.tree import drawn
from eleva_cli.ports import StripeEvent, WorkosEvent
from eleva_cli.verify import check
from tests.chain_faults import PLANTED, SOUND, Planted
from tests.chain_world import (
    NOW,
    SETTLED,
    USER,
    member,
    sound,
    sub,
    with_claim,
)

NARROW = 40


def joined(case: Case, *more: Member) -> Case:
    return replace(case, members=(*case.members, *more))


def untold(case: Case) -> Case:
    """Take the token away."""
    return replace(case, claims={})


def asked(case: Case, settled: Settled = SETTLED, user: str | None = USER) -> Asked:
    flaws = meeting(check(case, settled).flaws, case, user)
    return Asked(case=case, settled=settled, flaws=flaws, user=user)


def shown(case: Case, settled: Settled = SETTLED, user: str | None = None) -> Shown:
    return Shown(case=case, chain=check(case, settled).chain, user=user)


def texts(tree: tuple[Branch, ...], width: int | None = None) -> list[str]:
    return [line.whole for line in drawn(tree, width)]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: one.code)
def test_every_fault_is_answered_by_its_code(planted: Planted) -> None:
    """In one sentence on one line; and its link is marked."""
    answer = asked(planted.case, planted.settled, user=None).answer()
    rows = list(shown(planted.case, planted.settled).rows())
    marks = {row[COLUMNS.index("mark")] for row in rows}

    assert answer.endswith((f"({planted.code})", "is linked to no customer"))
    assert planted.code in answer
    assert "\n" not in answer
    if CODES[planted.code].severity.value != "note":
        assert marks & {"broken", "unknown"}


@pytest.mark.parametrize("case", SOUND.values(), ids=SOUND.keys())
def test_who_is_sound_is_told_nothing_of_codes(case: Case) -> None:
    """Only what may be used, or why there is nothing."""
    answer = asked(case, user=None).answer()

    assert " may use" in answer
    assert not any(f"({code})" in answer for code in CODES)


def test_the_answer_says_what_the_token_shows() -> None:
    """Nothing of it, the same, or what it shows instead."""
    case = sound(sub())
    without = asked(untold(case)).answer()
    feature = "analytics_access"
    other = asked(with_claim(case, entitlements=frozenset({feature}))).answer()

    assert without.endswith("; the token is not known")
    assert feature in without
    assert asked(case).answer().endswith("; the token says so")
    assert "claim-missing" in other


def test_a_member_who_was_only_invited_may_use_nothing() -> None:
    """Even where all that is paid is sound."""
    invited = member("user_2", status="pending")
    case = joined(sound(), invited)

    assert asked(case, user="user_2").answer() == (
        "user_2 may use nothing: the membership om_user_2 is pending"
    )


def test_what_is_nobody_s_fault_is_not_marked_as_fine() -> None:
    """Somebody invited, and an organization that nobody is known to pay for."""
    case = joined(sound(link=None, buyer=None), member("user_2", status="pending"))
    links = {each.name: each for each in shown(case, user="user_2").links}

    assert (links["membership"].mark, links["customer"].mark) == ("later", "skipped")
    assert links["customer"].found.startswith("not linked")


def test_other_members_faults_are_left_out() -> None:
    """What is a colleague's own is told to who asks about them, or about all."""
    case = joined(sound(), member("user_2", role="expert_top"), member("user_3"))
    found = {
        user: {one.finding.subject for one in asked(case, user=user).flaws}
        for user in (None, "user_2", "user_3")
    }

    assert "om_user_2" in found[None] & found["user_2"]
    assert "om_user_2" not in found["user_3"]


def test_the_unknown_token_is_said_in_words() -> None:
    """In the tree and in the rows alike."""
    view = shown(untold(sound()), user=USER)

    assert UNKNOWN_TOKEN == (
        "unknown: what the user's present token says; give it with --tokens"
    )
    assert any(UNKNOWN_TOKEN in text for text in texts(tuple(view.branches())))
    assert UNKNOWN_TOKEN in {row[COLUMNS.index("found")] for row in view.rows()}


def test_members_have_branches_of_their_own_and_many_are_counted() -> None:
    """Five of them, the payer first."""
    case = sound()
    for number in range(2, 9):
        case = joined(case, member(f"user_{number}"))
    view = Shown(case=case, chain=check(case, SETTLED).chain, payer=USER)
    drawn_lines = texts(tuple(view.branches()))

    assert drawn_lines[0] == case.organization
    assert any(text == f"├─ {USER}" for text in drawn_lines)
    assert drawn_lines[-1] == "└─ 3 more members"
    assert sum(text.startswith("├─ user_") for text in drawn_lines) == 5


@pytest.mark.parametrize("width", [26, NARROW, 80])
def test_a_tree_fits_its_width(width: int) -> None:
    """But for ids, which are never broken: they are copied."""
    tree = tuple(shown(PLANTED[0].case, PLANTED[0].settled).branches())
    story = lines([Happening(at=NOW, where="stripe", what="a word " * 30)], 0, ())

    for text in (*texts(tree, width), *texts(story, width)):
        assert len(text) <= max(width, len(max(text.split(), key=len, default="")) + 8)


def test_strokes_join_what_belongs_together() -> None:
    """A branch that others follow goes on beside them; the last one ends."""
    tree = (
        Branch(text="root"),
        Branch(text="first", depth=1, mark="ok"),
        Branch(text="second", depth=1, more=("below",)),
        Branch(text="child", depth=2, mark="broken"),
        Branch(text="last", depth=1, mark="unknown", more=("why",)),
    )

    assert texts(tree) == [
        "root",
        "├─ ✓ first",
        "├─ second",
        "│  │  below",
        "│  └─ ✗ child",
        "└─ ? last",
        "     why",
    ]


def test_a_terminal_without_these_letters_gets_ascii() -> None:
    """All of it."""
    tree = tuple(shown(PLANTED[0].case, PLANTED[0].settled).branches())
    plain = [line.whole for line in drawn(tree, NARROW, ascii_only=True)]

    assert all(text.isascii() for text in plain)


@pytest.mark.parametrize(("encoding", "is_poor"), [("utf-8", False), ("ascii", True)])
def test_what_a_terminal_can_write_is_found_out(encoding: str, is_poor: bool) -> None:
    """Before its stream is made to take any character."""
    one, two, three = (
        io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(3)
    )

    assert Terminal.detect(one, two, three, {}).ascii_only is is_poor


def test_what_is_told_cannot_move_the_cursor() -> None:
    """Text of a server is shown, not obeyed."""
    (line,) = drawn((Branch(text="a\x1b[2Jb\nc"),), None)

    assert line.whole == "a\\x1b[2Jb\\nc"


def test_the_story_is_in_plain_words_by_date_each_line_once() -> None:
    """Whatever order they were read in."""
    event = StripeEvent(
        id="evt_1",
        type="customer.subscription.updated",
        created=20,
        object="sub_1",
        customer="cus_1",
        changed=("items", "status"),
        status="past_due",
    )
    joined = WorkosEvent(
        id="event_1",
        type="organization_membership.deleted",
        created=10,
        organization="org_1",
        user="user_1",
    )
    found = told([of_stripe(event), of_workos(joined), of_stripe(event)])

    assert [one.what for one in found] == [
        "user_1 was taken out of org_1",
        "subscription sub_1 was changed: items, status; it is past_due now",
    ]
    assert found[0].cells == (
        "1970-01-01T00:00:10Z",
        "workos",
        "user_1 was taken out of org_1",
        "event_1",
    )
    assert found[0].branch.lead == "1970-01-01 00:00  workos  "


def test_every_type_that_is_asked_for_has_words() -> None:
    """At most as many as Stripe takes in one call."""
    assert len(STRIPE_TYPES) <= 20
    for kind in STRIPE_TYPES:
        event = StripeEvent(id="evt_1", type=kind, created=1, object="x_1")
        assert kind not in of_stripe(event).what


def test_of_a_long_story_the_latest_lines_are_told() -> None:
    """And how many are left out."""
    many = told(Happening(at=at, where="eleva", what=str(at)) for at in range(MOST + 7))
    kept, left_out = latest(many, MOST)

    assert (len(kept), left_out, kept[-1].what) == (MOST, 7, str(MOST + 6))
    assert latest(many, 0) == (many, 0)
    assert lines(kept, left_out, ["note"])[1].text == "… 7 earlier; --all tells them"
