"""Judges what a customer's metadata names: its organization, and its user."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.catalog.stamping import PLACEHOLDER
from eleva_cli.chain import Buyer
from eleva_cli.chain.told import Fault, Part, link
from eleva_cli.chain.view import View


def customer_stamp(view: View) -> Part:
    """Look whether the customer names its organization, and its user."""
    buyer, organization = view.buyer, view.case.organization
    if buyer is None or organization is None or view.case.link != buyer.id:
        return Part()
    fault = next(_customer_faults(view, buyer, organization), None)
    faults = (fault,) if fault else ()
    named = (*buyer.organizations, *buyer.users)
    shown = link(
        "metadata",
        faults,
        subject=buyer.id,
        expected=organization,
        found=", ".join(named) or "names nobody",
    )
    return Part(links=(shown,), faults=faults)


def _customer_faults(view: View, buyer: Buyer, organization: str) -> Iterator[Fault]:
    named = buyer.organizations
    if len(named) > 1:
        yield Fault(
            code="stamp-contradicts",
            subject=buyer.id,
            message=f"{buyer.id} names {' and '.join(named)}",
            fix=f"eleva link set {organization} {buyer.id} --replace",
        )
    elif named and named != (organization,):
        yield Fault(
            code="stamp-names-another",
            subject=buyer.id,
            message=f"{organization} carries {buyer.id}, which names {named[0]}",
            hint="stamp it anew; or, if the metadata is right: eleva link move"
            f" {organization} {named[0]}",
            fix=f"eleva link set {organization} {buyer.id} --replace",
        )
    if len(buyer.users) > 1:
        yield Fault(
            code="user-names-disagree",
            subject=buyer.id,
            message=f"{buyer.id} names {' and '.join(buyer.users)}",
        )
    if missing := _unstamped(view, buyer):
        yield Fault(
            code="half-linked",
            subject=buyer.id,
            message=f"{organization} carries {buyer.id}, which does not name its"
            f" {missing}",
            fix=f"eleva migrate apply --customers {buyer.id}",
        )


def _unstamped(view: View, buyer: Buyer) -> str:
    """Say what of the contract the customer does not name, of what is known."""
    contract = view.catalogue.stamps.get("customer", {})
    asked = {n for value in contract.values() for n in PLACEHOLDER.findall(value)}
    if "organization" in asked and not buyer.organizations:
        return "organization"
    return "user" if "user" in asked and not buyer.users and view.payer else ""
