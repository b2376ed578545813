"""Turns the flags of `plan` and `apply` into what planning takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from eleva_cli.bootstrap import App
from eleva_cli.commands.migration.bringing import Bringing, rules_of
from eleva_cli.errors import UsageError
from eleva_cli.evidence import OrganizationPolicy
from eleva_cli.inputs import decisions
from eleva_cli.inputs.decisions import Decided
from eleva_cli.moves import Rules
from eleva_cli.observe.claims import Scope
from eleva_cli.planning import Planned, Planning, Wishes

CUSTOMER = re.compile(r"cus_[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The flags that say what is planned, as given; `bringing` are those of money."""

    mapping: Path | None = None
    decisions: Path | None = None
    customers: str | None = None
    scope: str = "subscribers"
    match_email: bool = False
    organization_policy: str | None = None
    bringing: Bringing = field(default_factory=Bringing)

    def command_line(self) -> str:
        """Repeat these flags, so that a printed next step plans the same thing."""
        words = []
        for flag, value in (
            ("--mapping", self.mapping),
            ("--decisions", self.decisions),
            ("--customers", self.customers),
            ("--organization-policy", self.organization_policy),
        ):
            if value is not None:
                words += [flag, str(value)]
        if self.scope != "subscribers":
            words += ["--scope", self.scope]
        if self.match_email:
            words.append("--match-email")
        words += self.bringing.words()
        return "".join(f" {quote(word)}" for word in words)


def parse_customers(text: str | None) -> tuple[str, ...]:
    """Read `ID,ID` or `@FILE`; raises `UsageError` naming the bad one."""
    if text is None:
        return ()
    words = text.split(",")
    if text.startswith("@"):
        try:
            words = Path(text[1:]).read_text("utf-8-sig").split()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{text[1:]}: {getattr(error, 'strerror', None) or error}",
                code="customers-unreadable",
                hint="give a text file with one customer id a line",
            ) from error
    names = [word.strip() for word in words if word.strip()]
    bad = next((name for name in names if not CUSTOMER.fullmatch(name)), None)
    if bad is not None or not names:
        raise UsageError(
            f"{bad or 'nothing'} is no customer id",
            code="customers-id",
            hint="customer ids begin with cus_",
        )
    return tuple(dict.fromkeys(names))


def rules_for(app: App, request: Request) -> Rules | None:
    """Return under what subscribers are moved, `None` where only links are wanted."""
    _existing(request.bringing.prices, "prices")
    return rules_of(app, request.bringing)


def make_plan(app: App, request: Request, rules: Rules | None) -> Planned:
    """Check every input, then observe and plan; raises before any call."""
    wishes = Wishes(
        scope=_scope(app, request),
        mapping=_existing(request.mapping, "mapping"),
        decisions=_decided(app, request),
        show_pii=app.settings.flags.show_pii,
        parts=request.bringing.parts(),
        rules=rules,
    )
    return Planning(
        store=app.store,
        ports=app.ports,
        clock=app.clock,
        progress=app.progress,
        account=app.account,
        mode=app.settings.mode,
        names=app.settings.document.metadata.names(),
        pseudonyms=app.pseudonyms,
        wishes=wishes,
    ).make()


def _scope(app: App, request: Request) -> Scope:
    if request.scope not in ("subscribers", "all"):
        raise UsageError(
            f"there is no scope {request.scope}",
            code="scope-unknown",
            hint="--scope subscribers or --scope all",
        )
    return Scope(
        everyone=request.scope == "all",
        customers=parse_customers(request.customers),
        excluded_products=app.settings.document.scope.exclude_products,
        match_email=request.match_email,
        organization_policy=_policy(app, request),
    )


def _policy(app: App, request: Request) -> OrganizationPolicy:
    match request.organization_policy:
        case None:
            return app.settings.profile.organization_policy
        case "sole":
            return "sole"
        case "owner":
            return "owner"
        case other:
            raise UsageError(
                f"there is no organization policy {other}",
                code="policy-unknown",
                hint="--organization-policy sole or owner",
            )


def _decided(app: App, request: Request) -> dict[str, Decided]:
    if request.decisions is None:
        return {}
    path = _existing(request.decisions, "decisions")
    assert path is not None
    loaded = decisions.load(path, account=app.account.id, mode=app.settings.mode)
    return dict(loaded.rows)


def _existing(path: Path | None, noun: str) -> Path | None:
    if path is not None and not path.is_file():
        raise UsageError(
            f"{path} is not there",
            code=f"{noun}-unreadable",
            hint="check the path",
        )
    return path
