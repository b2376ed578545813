"""The add-on's four steps in the WorkOS Dashboard, with what is known of each.

No API shows them. A link that stands is a trace of the second; writing one again,
as it is, proves the first two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eleva_cli.commands.diagnosis.check import (
    Check,
    failed,
    failed_by,
    passed,
    unknown,
)
from eleva_cli.commands.diagnosis.line import Line
from eleva_cli.errors import ExitCode, ForbiddenError, MissingError, RemoteError
from eleva_cli.output.wording import count_of
from eleva_cli.ports import Account, Organization, Page, Written

PAGE = "add-on 1: its page"
ENABLED = "add-on 2: enabled"
USED = "add-on 3: entitlements"
CONNECTED = "add-on 4: connection"
HOW = "eleva doctor --probe ORG"
PLACE = "Authentication -> Add-ons -> Stripe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What re-sending an organization its own value told."""

    request: str
    answer: Written[Organization] | RemoteError

    @property
    def is_off(self) -> bool:
        """Tell the answer of an environment without the add-on."""
        return isinstance(self.answer, ForbiddenError) and (
            self.answer.code == "addon-off"
        )


def probe(line: Line, organization_id: str) -> Probed | None:
    """Write an organization's link as it is; `None` where the line is closed."""
    found = line.ask(lambda ports: ports.workos.organization(organization_id))
    request = f"GET /organizations/{organization_id}"
    if isinstance(found, Organization):
        present = found.stripe_customer_id
        request = f"PUT /organizations/{organization_id}"
        answer = line.ask(lambda ports: ports.workos.set_link(found.id, present))
    else:
        answer = found
    return None if answer is None else Probed(request=request, answer=answer)


def steps(
    line: Line, account: Account | None, told: Probed | None, *, how: str = HOW
) -> Iterator[Check]:
    """
    Yield the right to write, then the four steps that the same answer shows.

    `how` says how more could be known.
    """
    linked = line.ask(lambda ports: ports.workos.organizations(None))
    yield _write(told, how)
    yield _page(told)
    yield _enabled(line, linked, told, how)
    yield unknown(
        USED,
        f'"Use Stripe entitlements" at {PLACE}: no API shows it; the fresh token of a '
        "linked user would carry entitlements",
    )
    whose = account.id if account else "the Stripe account"
    yield unknown(
        CONNECTED,
        f"no API shows which account was authorized; {PLACE} must name {whose}",
    )


def _write(told: Probed | None, how: str) -> Check:
    name = "write organizations"
    if told is None:
        return unknown(name, f"only a write would show it: {how}")
    if isinstance(told.answer, Written):
        return passed(name, _seen(told))
    if told.is_off:
        return unknown(name, "the add-on is off, so the write was refused for that")
    if isinstance(told.answer, MissingError):
        return unknown(name, f"not tried: {told.answer}")
    return failed_by(name, told.answer)


def _page(told: Probed | None) -> Check:
    if told is not None and isinstance(told.answer, Written):
        return passed(PAGE, f"{PLACE}: found, as the add-on answers")
    return unknown(PAGE, f"{PLACE}, in the WorkOS Dashboard: open it and look")


def _enabled(
    line: Line,
    linked: Page[Organization] | RemoteError | None,
    told: Probed | None,
    how: str,
) -> Check:
    if told is not None and isinstance(told.answer, Written):
        return passed(ENABLED, _seen(told))
    if told is not None and told.is_off:
        return failed(
            ENABLED,
            str(told.answer),
            code="addon-off",
            hint=f"in the WorkOS Dashboard: {PLACE} -> Enable, for the environment of "
            "this key",
            exit_code=ExitCode.FINDINGS,
        )
    tried = "" if told is None else f"the probe did not tell: {told.answer}. "
    if not isinstance(linked, Page):
        why = line.closed or (str(linked) if linked else "was not asked")
        return unknown(ENABLED, tried + why)
    seen = count_of(len(linked.rows), "organization")
    count = sum(row.stripe_customer_id is not None for row in linked.rows)
    trace = "it was enabled at some time; for now" if count else "to find out"
    return unknown(
        ENABLED,
        f"{tried}{seen} looked at, {count or 'none'} linked; {trace}: {how}",
    )


def _seen(told: Probed) -> str:
    assert isinstance(told.answer, Written)
    return f"{told.request}: accepted, {told.answer.request_id or 'no request id'}"
