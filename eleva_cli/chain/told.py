"""What is told of a link: how it stands, and what is wrong with it.

Judges tell `Fault`s by code; here they become flaws, with the case's ids beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.audit import Flaw
from eleva_cli.chain import Sub
from eleva_cli.chain.codes import CODES
from eleva_cli.chain.view import View
from eleva_cli.plan import Finding

Mark = Literal["ok", "broken", "later", "unknown", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """
    One link of the chain as a tree shows it; `user` where it is a member's own.

    `subject` is the object looked at, `code` the finding that it is broken with.
    """

    name: str
    mark: Mark
    expected: str = ""
    found: str = ""
    user: str | None = None
    subject: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    A broken link, before it knows its case.

    `user` is whose link it is; without one it meets the payer, and with `is_shared`
    every active member. `subs` are the subscriptions at stake.
    """

    code: str
    subject: str
    message: str
    hint: str = ""
    user: str | None = None
    is_shared: bool = False
    subs: tuple[Sub, ...] = ()
    due: int | None = None
    days: int | None = None
    fix: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one judge says; `stops` where nothing behind it can be told."""

    links: tuple[Link, ...] = ()
    faults: tuple[Fault, ...] = ()
    stops: bool = False


def mark_of(faults: Iterable[Fault]) -> Mark:
    """Say how a link stands by the worst of its faults."""
    stands = {CODES[fault.code].stand for fault in faults}
    if not stands:
        return "ok"
    if stands == {"later"}:
        return "later"
    return "unknown" if stands <= {"later", "unknown"} else "broken"


def link(
    name: str, faults: Iterable[Fault], *, user: str | None = None, **words: str
) -> Link:
    """Make a link that stands as its faults say."""
    told = tuple(faults)
    worst = min(told, key=lambda fault: _weight(fault.code), default=None)
    return Link(
        name=name,
        mark=mark_of(told),
        user=user,
        code=worst.code if worst else "",
        **words,
    )


def _weight(code: str) -> int:
    return ("error", "warning", "note").index(CODES[code].severity.value)


def flaw(fault: Fault, view: View) -> Flaw:
    """Give a fault its case: whom it meets, what they pay, the evidence."""
    code, case = CODES[fault.code], view.case
    customer = case.buyer.id if case.buyer else case.link
    user = fault.user or view.payer
    finding = Finding(
        code=fault.code,
        severity=code.severity,
        subject=fault.subject,
        message=fault.message,
        hint=fault.hint or code.remedy,
        evidence=_evidence(fault, view, user=user, customer=customer),
    )
    return Flaw(
        finding=finding,
        stand=code.stand,
        user=user,
        organization=case.organization,
        customer=customer,
        monthly=view.monthly(fault.subs),
        days=fault.days,
        due=fault.due,
        fix=fault.fix,
    )


def _evidence(
    fault: Fault, view: View, *, user: str | None, customer: str | None
) -> dict[str, str]:
    ids = {
        "user": user or "",
        "organization": view.case.organization or "",
        "customer": customer or "",
        "subscriptions": ", ".join(sub.id for sub in fault.subs),
    }
    named = {name: value for name, value in ids.items() if value}
    requests = {f"request {name}": r for name, r in view.case.requests.items()}
    return {**named, **fault.evidence, **requests}
