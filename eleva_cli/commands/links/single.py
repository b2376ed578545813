"""One link at a time: read both sides, decide, show, ask, run, read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from eleva_cli.bootstrap import App
from eleva_cli.commands.runs.beginning import begin_lanes
from eleva_cli.commands.runs.ending import end_run
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import MissingError, SafetyError, UsageError
from eleva_cli.outcome import Json, Result
from eleva_cli.plan import (
    Action,
    ClearLink,
    LinkOrganization,
    StampCustomer,
    describe,
)
from eleva_cli.ports import Customer, Organization

T = TypeVar("T")
ORGANIZATION = re.compile(r"org_[A-Za-z0-9]+")
CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]+")
KIND = "link"


def show(app: App, organization_id: str) -> Result:
    """Return an organization's link and what its customer says."""
    organization = _organization(app, organization_id)
    customer = _customer_or_none(app, organization.stripe_customer_id)
    link = organization.stripe_customer_id
    summary: dict[str, Json] = {"organization": organization.id, "linked_to": link}
    if link is None:
        headline = f"{organization.id} is not linked"
    elif customer is None or customer.deleted:
        headline = f"{organization.id} is linked to {link}, which is not there any more"
    else:
        stamp = {name: customer.metadata.get(name) for name in _names(app)}
        summary |= {f"customer {name}": value for name, value in stamp.items()}
        both = organization.id in stamp.values()
        headline = f"{organization.id} is linked to {link}" + (
            "" if both else "; the customer is not stamped"
        )
    return Result(command="link show", headline=headline, summary=summary)


def link(
    app: App, organization_id: str, customer_id: str, *, may_replace: bool
) -> Result:
    """Link an organization to a customer."""
    _check_id(customer_id, CUSTOMER, "customer")
    organization = _organization(app, organization_id)
    customer = _customer(app, customer_id)
    old = organization.stripe_customer_id
    if old not in (None, customer_id) and not may_replace:
        raise SafetyError(
            f"{organization.id} is linked to {old}",
            code="organization-linked-elsewhere",
            hint=f"eleva link set {organization.id} {customer_id} --replace",
        )
    if not may_replace:
        _refuse_other_name(app, customer, organization.id)
    actions: list[Action] = []
    if old != customer_id:
        actions.append(
            LinkOrganization(
                organization=organization.id,
                before=old,
                after=customer_id,
                reason="link set",
            )
        )
    actions += _stamps(app, customer, organization.id)
    if old not in (None, customer_id):
        actions += _unstamps(app, _customer_or_none(app, old), organization.id)
    return _run(app, "link set", customer_id, actions)


def move(app: App, source_id: str, target_id: str) -> Result:
    """Move a customer's link from one organization to another."""
    source, target = _organization(app, source_id), _organization(app, target_id)
    customer_id = source.stripe_customer_id
    if target.stripe_customer_id is not None:
        raise SafetyError(
            f"{target.id} is linked to {target.stripe_customer_id} already",
            code="organization-linked-elsewhere",
            hint=f"free it first with: eleva link clear {target.id}",
        )
    if customer_id is None:
        raise SafetyError(
            f"{source.id} is not linked",
            code="not-linked",
            hint=f"link the other one with: eleva link set {target.id} CUSTOMER",
        )
    customer = _customer(app, customer_id)
    actions: list[Action] = [
        ClearLink(organization=source.id, before=customer_id, reason="link move"),
        LinkOrganization(
            organization=target.id, before=None, after=customer_id, reason="link move"
        ),
        *_stamps(app, customer, target.id),
    ]
    return _run(app, "link move", customer_id, actions)


def clear(app: App, organization_id: str) -> Result:
    """Unlink an organization and take its name off the customer."""
    organization = _organization(app, organization_id)
    customer_id = organization.stripe_customer_id
    if customer_id is None:
        return Result(command="link clear", headline=f"{organization.id} is not linked")
    actions: list[Action] = [
        ClearLink(organization=organization.id, before=customer_id, reason="link clear")
    ]
    customer = _customer_or_none(app, customer_id)
    actions += _unstamps(app, customer, organization.id)
    return _run(app, "link clear", customer_id, actions)


def _run(app: App, command: str, lane: str, actions: Sequence[Action]) -> Result:
    """Ask, then take the actions through the engine as a run of one lane."""
    if not actions:
        return Result(command=command, headline="nothing to do; it is so already")
    app.progress.close()
    app.shell.terminal.say(app.banner())
    for action in actions:
        app.shell.terminal.say(f"  {describe(action)}")
    account = app.account
    app.confirm(f"do this on {account.id} ({app.settings.mode})?")
    run = begin_lanes(app, [(lane, actions)], kind=KIND)
    return end_run(app, run, command=command)


def _organization(app: App, organization_id: str) -> Organization:
    _check_id(organization_id, ORGANIZATION, "organization")
    assert app.account
    return _read(app, lambda: app.ports.workos.organization(organization_id))


def _customer(app: App, customer_id: str) -> Customer:
    customer = _read(app, lambda: app.ports.stripe.customer(customer_id))
    if customer.deleted:
        raise SafetyError(
            f"customer {customer_id} was deleted",
            code="customer-deleted",
            hint="link the customer that took its place",
        )
    return customer


def _customer_or_none(app: App, customer_id: str | None) -> Customer | None:
    if customer_id is None:
        return None
    try:
        return _read(app, lambda: app.ports.stripe.customer(customer_id))
    except MissingError:
        return None


def _read(app: App, read: Callable[[], T]) -> T:
    return patiently(read, app.clock)


def _check_id(text: str, pattern: re.Pattern[str], noun: str) -> None:
    if not pattern.fullmatch(text):
        raise UsageError(
            f"{text!r} is no {noun} id",
            code=f"{noun}-id",
            hint=f"{noun} ids begin with {pattern.pattern[:4].rstrip('[')}",
        )


def _names(app: App) -> tuple[str, ...]:
    return app.settings.document.metadata.stamp_organization


def _refuse_other_name(app: App, customer: Customer, organization: str) -> None:
    for name in _names(app):
        named = customer.metadata.get(name)
        if named and named != organization:
            raise SafetyError(
                f"{customer.id} names {named} in {name}",
                code="customer-shared",
                hint=f"if {named} carries it: eleva link move {named} {organization}; "
                f"else: eleva link set {organization} {customer.id} --replace",
            )


def _stamps(app: App, customer: Customer, organization: str) -> list[Action]:
    wanted: dict[str, str | None] = dict.fromkeys(_names(app), organization)
    return _stamp(customer, wanted, "linked")


def _unstamps(app: App, customer: Customer | None, organization: str) -> list[Action]:
    if customer is None or customer.deleted:
        return []
    named = {
        name: None
        for name in _names(app)
        if customer.metadata.get(name) == organization
    }
    return _stamp(customer, named, "unlinked")


def _stamp(
    customer: Customer, wanted: Mapping[str, str | None], reason: str
) -> list[Action]:
    after = {k: v for k, v in wanted.items() if customer.metadata.get(k) != v}
    if not after:
        return []
    before = {name: customer.metadata.get(name) for name in after}
    return [
        StampCustomer(
            customer=customer.id,
            before=before,
            after=after,
            reason=reason,
        )
    ]
