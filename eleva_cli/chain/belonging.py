"""Judges the link itself: the organization carries the customer that pays."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.chain import Buyer
from eleva_cli.chain.told import Fault, Part, link
from eleva_cli.chain.view import View

STATE_CODES = {
    "deleted": ("customer-deleted", "was deleted in Stripe"),
    "missing": ("customer-missing", "is not known to this account and mode"),
}


def customer(view: View) -> Part:
    """Look whether the organization carries the customer that pays."""
    case = view.case
    fault = next(_link_faults(view), None)
    faults = (fault,) if fault else ()
    paying = case.buyer.id if case.buyer and (view.live or case.link) else ""
    shown = link(
        "customer",
        faults,
        subject=case.organization or paying,
        expected=f"linked to {paying}" if paying else "",
        found=_found(view),
    )
    return Part(links=(shown,), faults=faults, stops=fault is not None)


def _found(view: View) -> str:
    case = view.case
    if case.organization is None:
        return "no organization"
    shared = f", as is {', '.join(case.linked_by)}" if case.linked_by else ""
    return f"linked to {case.link}{shared}" if case.link else "not linked"


def _link_faults(view: View) -> Iterator[Fault]:
    case, buyer = view.case, view.case.buyer
    if case.organization is None:
        if view.live and buyer is not None:
            yield _unlinked_customer(view, buyer)
    elif case.link is None:
        if view.live and buyer is not None:
            yield _unlinked_organization(view, case.organization, buyer)
    elif buyer is None or buyer.id != case.link:
        if buyer is None or view.live:
            yield _another(view, case.organization, case.link)
    elif buyer.state != "there":
        code, what = STATE_CODES[buyer.state]
        yield Fault(
            code=code,
            subject=case.organization,
            message=f"{case.organization} carries {buyer.id}, which {what}",
            is_shared=True,
            fix=f"eleva link clear {case.organization}",
        )
    elif case.linked_by and buyer.organizations != (case.organization,):
        yield _shared(view, case.organization, buyer)


def _is_new(view: View) -> bool:
    """Tell whether all of it began so lately that the link may be under way."""
    return all(view.is_fresh(sub.created) for sub in view.live)


def _settling(view: View, subject: str) -> Fault:
    return Fault(
        code="link-settling",
        subject=subject,
        message=f"{', '.join(sub.id for sub in view.live)} began minutes ago",
        is_shared=True,
        subs=view.live,
    )


def _unlinked_customer(view: View, buyer: Buyer) -> Fault:
    if _is_new(view):
        return _settling(view, buyer.id)
    return Fault(
        code="customer-unlinked",
        subject=buyer.id,
        message=f"no organization carries {buyer.id}",
        subs=view.live,
        days=_days_unlinked(view, buyer),
        fix=f"eleva migrate apply --customers {buyer.id}",
    )


def _unlinked_organization(view: View, organization: str, buyer: Buyer) -> Fault:
    if _is_new(view):
        return _settling(view, organization)
    replace = " --replace" if view.is_named_elsewhere else ""
    return Fault(
        code="organization-unlinked",
        subject=organization,
        message=f"{organization} carries no customer; {buyer.id} pays for its members",
        is_shared=True,
        subs=view.live,
        days=_days_unlinked(view, buyer),
        fix=f"eleva link set {organization} {buyer.id}{replace}",
    )


def _days_unlinked(view: View, buyer: Buyer) -> int | None:
    """Count from the first payment; a stamp tells of a link that there was once."""
    if buyer.organizations:
        return None
    return view.days_since(min(sub.created for sub in view.live))


def _another(view: View, organization: str, linked: str) -> Fault:
    buyer = view.case.buyer
    if buyer is None:
        return Fault(
            code="customer-unread",
            subject=organization,
            message=f"{linked}, which {organization} carries, was not read",
            is_shared=True,
        )
    return Fault(
        code="organization-linked-elsewhere",
        subject=organization,
        message=f"{organization} carries {linked}, and {buyer.id} pays",
        is_shared=True,
        subs=view.live,
        fix=f"eleva link set {organization} {buyer.id} --replace",
    )


def _shared(view: View, organization: str, buyer: Buyer) -> Fault:
    """The organization that the customer names keeps it in peace; others are told."""
    others = ", ".join(view.case.linked_by)
    rightful = view.is_named_elsewhere and set(buyer.organizations) <= set(
        view.case.linked_by
    )
    return Fault(
        code="customer-shared",
        subject=organization,
        message=f"{organization} and {others} carry {buyer.id}"
        + (f", which names {', '.join(buyer.organizations)}" if rightful else ""),
        is_shared=True,
        subs=view.live,
        fix=f"eleva link clear {organization}" if rightful else "",
    )
