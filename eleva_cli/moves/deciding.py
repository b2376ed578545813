"""Decides one subscriber: what is switched and stamped, what is left, which role.

Equal subscribers and rules, equal decisions; once the actions are done, the same
question has no more of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eleva_cli.catalog.sales import a_month
from eleva_cli.moves import (
    Decided,
    Money,
    Previewed,
    Rules,
    Subscriber,
    Wish,
    marking,
    obstacles,
)
from eleva_cli.moves.aiming import aimed, is_sampled, product_of, staying, wants_preview
from eleva_cli.moves.aims import Aimed
from eleva_cli.moves.money import plus
from eleva_cli.moves.placing import place
from eleva_cli.plan import Finding, ReviseSubscription, Severity
from eleva_cli.plan.billing import METADATA, PRICE_OF, terms_of
from eleva_cli.ports import Fields, Subscription
from eleva_cli.roles import LIVE

ENDED = frozenset({"canceled", "incomplete_expired"})
SAME, NOW, STAMP = "same price", "mapped now", "stamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What one subscription comes to.

    `after` is the subscription as it will be, the same where it stays.
    """

    before: Subscription
    after: Subscription
    action: ReviseSubscription | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def held(self) -> str | None:
        """The code that holds it, `None` for what runs and what is left."""
        errors = (f.code for f in self.findings if f.severity is Severity.ERROR)
        return next(errors, None)


def wishes(subscriber: Subscriber, rules: Rules) -> tuple[Wish, ...]:
    """Return the previews that are needed before anything is decided."""
    if "subscriptions" not in rules.parts or not subscriber.is_linked:
        return ()
    living = _aimed(subscriber, rules)
    crowd = _crowd(living, rules)
    return tuple(
        Wish(subscription=one.subscription.id, items=one.wishes())
        for one in living
        if _is_asked(one, subscriber, rules)
        and _before(one, subscriber, rules, crowd) is None
    )


def extend(subscriber: Subscriber, rules: Rules) -> Decided:
    """Return what comes after link and stamp: subscriptions, then the role."""
    if not subscriber.is_linked:
        return _unlinked(subscriber)
    outcomes = tuple(_outcomes(subscriber, rules))
    stops = next((one.held for one in outcomes if one.held), None)
    actions = tuple(one.action for one in outcomes if one.action is not None)
    found = tuple(each for one in outcomes for each in one.findings)
    money = _money(outcomes, subscriber)
    if stops is not None or "roles" not in rules.parts:
        return Decided(actions=actions, findings=found, stops=stops, money=money)
    placed = place(subscriber, [one.after for one in outcomes], rules)
    return Decided(
        actions=(*actions, *placed.actions),
        findings=(*found, *placed.findings),
        stops=placed.stops,
        money=money,
    )


def _aimed(subscriber: Subscriber, rules: Rules) -> tuple[Aimed, ...]:
    return tuple(
        aimed(sub, rules) for sub in subscriber.subscriptions if sub.status not in ENDED
    )


def _outcomes(subscriber: Subscriber, rules: Rules) -> Iterator[Outcome]:
    """Decide each subscription; those that are over only say what ended."""
    if "subscriptions" not in rules.parts:
        for sub in subscriber.subscriptions:
            yield Outcome(before=sub, after=sub)
        return
    living = _aimed(subscriber, rules)
    crowd = _crowd(living, rules)
    for sub in subscriber.subscriptions:
        if sub.status in ENDED:
            yield Outcome(before=sub, after=sub)
    for one in living:
        yield _outcome(one, subscriber, rules, crowd)


def _outcome(
    one: Aimed, subscriber: Subscriber, rules: Rules, crowd: dict[str, Finding]
) -> Outcome:
    sub = one.subscription
    previewed = None
    found = _before(one, subscriber, rules, crowd)
    if found is None and _is_asked(one, subscriber, rules):
        previewed = subscriber.previews.get(sub.id)
        found = obstacles.after_previews(one, subscriber, previewed, rules)
    if found is not None and found.severity is Severity.ERROR:
        return Outcome(before=sub, after=sub, findings=(found,))
    is_moved = found is None and bool(one.moves)
    stays = one if is_moved else staying(one, rules)
    marks, unclear = _marks(stays, subscriber, rules)
    notes = tuple(each for each in (found, unclear) if each is not None)
    if not is_moved and not marks:
        return Outcome(before=sub, after=sub, findings=notes)
    return Outcome(
        before=sub,
        after=stays.after(),
        action=_action(stays, marks, previewed, rules),
        findings=notes,
    )


def _before(
    one: Aimed, subscriber: Subscriber, rules: Rules, crowd: dict[str, Finding]
) -> Finding | None:
    """Say what holds or leaves a subscription before anything was previewed."""
    sub = one.subscription
    if sub.id in crowd:
        return crowd[sub.id]
    price = marking.main_price(one, rules)
    if price is not None and (one.moves or sub.status in LIVE):
        problem = marking.problem(sub, price, subscriber, rules.catalogue)
        if problem is not None:
            return problem
    return obstacles.before_previews(one, subscriber)


def _is_asked(one: Aimed, subscriber: Subscriber, rules: Rules) -> bool:
    """Tell whether a preview says what a switch comes to; one that ends has none."""
    if not one.moves or one.ends:
        return False
    is_sample = is_sampled(one.subscription.id, rules.sample)
    return is_sample or wants_preview(one, subscriber)


def _marks(
    one: Aimed, subscriber: Subscriber, rules: Rules
) -> tuple[Fields, Finding | None]:
    sub, price = one.subscription, marking.main_price(one, rules)
    if price is None or sub.status not in LIVE:
        return {}, None
    book = rules.catalogue
    return (
        marking.missing(sub, price, subscriber, book),
        marking.unclear(sub, price, subscriber, book),
    )


def _action(
    one: Aimed, marks: Fields, previewed: Previewed | None, rules: Rules
) -> ReviseSubscription:
    """Put prices and names in one request, so that one event goes out."""
    sub, before, after = one.subscription, previewed, previewed
    old: dict[str, str | None] = {}
    new: dict[str, str | None] = {}
    for wish, aim in zip(one.wishes(), one.moves, strict=True):
        old[f"{PRICE_OF}{wish.item}"] = aim.item.price
        new[f"{PRICE_OF}{wish.item}"] = wish.price
    for name, value in marks.items():
        old[f"{METADATA}{name}"] = sub.metadata.get(name)
        new[f"{METADATA}{name}"] = value
    return ReviseSubscription(
        subscription=sub.id,
        customer=sub.customer,
        before=old,
        after=new,
        currency=sub.items[0].currency,
        reason=_reason(one),
        quantities={wish.item: wish.quantity for wish in one.wishes()},
        renewal_before=before.before.total if before and before.before else None,
        renewal_after=after.after.total if after and after.after else None,
        terms=terms_of(sub),
        fence_s=rules.fence_s,
    )


def _reason(one: Aimed) -> str:
    if not one.moves:
        return STAMP
    return NOW if one.differs else SAME


def _crowd(living: Sequence[Aimed], rules: Rules) -> dict[str, Finding]:
    """
    Find what lives twice: two of one family, or two that both bring a role.

    What is ending has made room already.
    """
    shared: defaultdict[str, list[str]] = defaultdict(list)
    for one in living:
        sub = one.subscription
        if sub.status not in LIVE or sub.ends_with_period or sub.cancel_at is not None:
            continue
        products = [product_of(aim, rules) for aim in one.aims]
        for product in products:
            if product is not None:
                shared[f"of the family {product.family}"].append(sub.id)
        if any(product and product.role for product in products):
            shared["that bring a role"].append(sub.id)
    found: dict[str, Finding] = {}
    for what, names in shared.items():
        for name in names if len(names) > 1 else ():
            found.setdefault(name, _several(name, what, names, living))
    return found


def _several(
    name: str, what: str, names: Iterable[str], living: Sequence[Aimed]
) -> Finding:
    owner = next(a.subscription.customer for a in living if a.subscription.id == name)
    told = ", ".join(sorted(names))
    return Finding(
        code="several-subscriptions",
        severity=Severity.ERROR,
        subject=name,
        message=f"there are several live items {what}: {told}",
        hint="end what is too much: eleva subscription cancel, or eleva invite revoke"
        " for a grant",
        evidence={"customer": owner},
    )


def _unlinked(subscriber: Subscriber) -> Decided:
    finding = Finding(
        code="not-linked",
        severity=Severity.ERROR,
        subject=subscriber.customer,
        message=f"{subscriber.organization} does not carry it yet",
        hint="link it first: eleva migrate apply --only links",
    )
    return Decided(findings=(finding,), stops=finding.code)


def _money(outcomes: Iterable[Outcome], subscriber: Subscriber) -> tuple[Money, ...]:
    """Add up what the subscriber pays, moved or not, each currency for itself."""
    sums: dict[str, Money] = {}
    for one in outcomes:
        for money in _paid(one, subscriber.previews.get(one.before.id)):
            code = money.currency
            sums[code] = plus(sums.get(code, Money(currency=code)), money)
    return tuple(sums[code] for code in sorted(sums))


def _paid(one: Outcome, previewed: Previewed | None) -> Iterator[Money]:
    is_moved = one.action is not None and bool(one.action.quantities)
    if one.before.status in LIVE:
        for was, will in zip(one.before.items, one.after.items, strict=True):
            yield Money(
                currency=was.currency,
                monthly_before=round(100 * a_month(was)),
                monthly_after=round(100 * a_month(will)),
            )
    if previewed is not None and previewed.before is not None:
        before, after = previewed.before, previewed.after
        yield Money(
            currency=before.currency,
            renewal_before=before.total,
            renewal_after=after.total if is_moved and after else before.total,
            previewed=1,
        )
    if is_moved:
        yield Money(currency=one.before.items[0].currency, moved=1)
