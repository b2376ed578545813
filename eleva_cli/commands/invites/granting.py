"""One grant: read what there is, decide, ask, take it through the engine, look."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.invites import answering, asking, seeing
from eleva_cli.commands.invites.answering import Case
from eleva_cli.commands.invites.carrying import begin, judged
from eleva_cli.commands.invites.foreseeing import Foreseen
from eleva_cli.commands.invites.terms import KIND, Asked, rules_for, wish_of
from eleva_cli.commands.runs.beginning import open_runs
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.errors import SafetyError, UsageError
from eleva_cli.invite import Decision, Rules, Situation, Wish
from eleva_cli.invite.deciding import decide
from eleva_cli.invite.ledger import Ledger
from eleva_cli.journal import runs
from eleva_cli.journal.steps import GOOD, Step
from eleva_cli.journal.trails import trails
from eleva_cli.observe.counting import live_grants
from eleva_cli.observe.granting import NEW, Goods, Granting, check_name, membership_of
from eleva_cli.outcome import Result
from eleva_cli.plan import ChangeSubscription, CreateCustomer, CreateSubscription

CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]+")
ORGANIZATION = re.compile(r"org_[A-Za-z0-9]+")
MAKES = CreateSubscription | ChangeSubscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a grant is for; `user` is an id or an e-mail, the rest ids or nothing."""

    user: str
    organization: str | None = None
    customer: str | None = None


def grant(
    app: App, asked: Asked, whom: Whom, *, wait_s: float = seeing.LONGEST_S
) -> Result:
    """Grant a free tier; what is granted already is only looked at."""
    catalogue = chosen.catalogue(app.settings.catalog)
    wish = wish_of(asked, catalogue, app.clock.now())
    _check(whom)
    rules = rules_for(app)
    granting = Granting(ports=app.ports, clock=app.clock, rules=rules)
    read_at = app.clock.now()
    member = granting.member(whom.user)
    membership = membership_of(member, whom.organization)
    if isinstance(membership, tuple):
        organization = asking.choose_organization(app, membership)
        membership = membership_of(member, organization)
        assert not isinstance(membership, tuple), "one organization was named"
    goods = granting.goods(wish)
    found = granting.situation(wish, member, membership, goods, customer=whom.customer)
    decision, found = _decide(app, wish, found, goods, rules)
    case = Case(
        app=app, asked=asked, wish=wish, found=found, decision=decision, rules=rules,
        customer=whom.customer,
    )  # fmt: skip
    if not decision.actions:
        return _already(case, wait_s)
    asking.answer_question(app, decision.question)
    asking.confirm(app, wish, found, decision)
    foresee = Foreseen(
        clock=app.clock,
        read_at=read_at,
        email=member.email,
        was_asked=not app.settings.flags.yes,
    )
    return _apply(case, foresee, wait_s)


def _check(whom: Whom) -> None:
    """Check the names before any call is made."""
    check_name(whom.user)
    organization, named = whom.organization, whom.customer
    if organization is not None and not ORGANIZATION.fullmatch(organization):
        raise UsageError(
            f"{organization!r} is no organization id",
            code="organization-id",
            hint="organization ids begin with org_",
        )
    if named is not None and named != NEW and not CUSTOMER.fullmatch(named):
        raise UsageError(
            f"{named!r} is neither a customer id nor {NEW}",
            code="customer-id",
            hint="customer ids begin with cus_",
        )


def _decide(
    app: App, wish: Wish, found: Situation, goods: Goods, rules: Rules
) -> tuple[Decision, Situation]:
    """Decide; grants are counted only where a cap could still refuse this one."""
    decision = decide(wish, found, rules)
    cap = rules.caps.get(wish.offer.tier)
    makes = any(isinstance(action, MAKES) for action in decision.actions)
    if cap is not None and makes and not wish.over_cap:
        assert goods.price is not None, "refused before"
        live = live_grants(
            app.ports.stripe,
            app.clock,
            Ledger.of(rules.catalogue),
            wish.offer,
            price=goods.price.id,
            most=cap,
        )
        found = replace(found, live=live)
        decision = decide(wish, found, rules)
    if refused := decision.refusal:
        raise SafetyError(refused.message, code=refused.code, hint=refused.hint)
    return decision, found


def _already(case: Case, wait_s: float) -> Result:
    """Look whether it shows, where nothing is to be written."""
    granted = case.decision.already
    is_live = granted is None or granted.is_live
    looking = _looking(case, case.decision.customer, wait_s if is_live else 0.0)
    looking.run()
    case.app.progress.close()
    _settle(case, looking, case.decision.customer)
    return answering.already(case, looking)


def _apply(case: Case, foresee: Foreseen, wait_s: float) -> Result:
    """Take the actions through the engine as one lane; the lane's lease is the lock."""
    app, decision = case.app, case.decision
    run = begin(app, [(decision.lane, decision.actions)])
    looking: list[seeing.Seeing] = []

    def look_back(_app: App, _run: str) -> list[Step]:
        """Look at what the user sees, not at each step."""
        counts = runs.counts(app.store, run)
        if set(counts) <= {"applied", "verified", "unchanged"}:
            looking.append(_looking(case, _customer(case, run), wait_s))
            looking[0].run()
            seeing.mark(app, run, looking[0].seen)
        return []

    result = judged(
        app,
        run,
        end_run(
            app, run, command=answering.COMMAND, foresee=foresee, look_back=look_back
        ),
    )
    whose, looked = _customer(case, run), looking[0] if looking else None
    _settle(case, looked, whose)
    return answering.applied(case, run, result, looked, whose)


def _settle(case: Case, looking: seeing.Seeing | None, customer: str | None) -> None:
    """Close earlier runs of this machine that only waited for the grant to show."""
    app = case.app
    if looking is None or looking.missing:
        return
    lanes = {case.found.organization.id, customer}
    for run in list(open_runs(app, KIND)):
        steps = list(runs.steps(app.store, run.id))
        if all(step.lane in lanes and step.state in GOOD for step in steps):
            now = app.clock.now()
            runs.take_over(app.store, run.id, now=now, retry_failed=False)
            waiting = [step for step in steps if step.state == "applied"]
            runs.mark_verified(app.store, waiting, now=now)
            runs.finish(app.store, run.id, "done", now=now, note="")


def _looking(case: Case, customer: str | None, wait_s: float) -> seeing.Seeing:
    assert customer is not None, "a customer that is entitled is known"
    looks = seeing.looks_of(
        case.app.ports, case.wish.offer.features, customer, case.decision.actions
    )
    return seeing.Seeing(
        clock=case.app.clock,
        progress=case.app.progress,
        looks=tuple(looks),
        most_s=wait_s,
    )


def _customer(case: Case, run: str) -> str | None:
    """Return the customer, also one that the run itself has made."""
    lane = case.decision.lane
    made = trails(case.app.store, run, [lane]).get(lane, {})
    return case.decision.customer or made.get(CreateCustomer.kind)
