"""`catalog plan`: read the account, compare, count who is meant, and show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.acting import lanes
from eleva_cli.catalog.changes import Difference
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.reach import Reach, reach
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.commands.catalogue import chosen, differing, moving
from eleva_cli.commands.catalogue.hearing import events_table
from eleva_cli.commands.catalogue.moving import Asked, Moves
from eleva_cli.commands.catalogue.running import keep
from eleva_cli.errors import ExitCode
from eleva_cli.observe.shopping import Shopping, count_subscribers
from eleva_cli.outcome import Json, Result, Table
from eleva_cli.output import Format
from eleva_cli.plan import Finding, Lane, Severity

# what is there already, and would be made a second time beside it
TO_ADOPT = frozenset({
    "catalog-unadopted", "price-beside", "price-without-key", "product-unadopted",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What an account was found to sell, how that differs, and when it is felt."""

    shop: Shop
    difference: Difference
    reaches: tuple[Reach, ...] = ()


def show(app: App, asked: Asked, *, check: bool, prune: bool) -> Result:
    """Return what would have to change; only reads."""
    app.progress.say(app.banner())
    catalogue = chosen.for_account(app)
    wishes = moving.wishes(catalogue, asked)
    observed = observe(app, catalogue, prune=prune)
    difference = observed.difference
    moves = moving.look(app, catalogue, observed.shop, difference, wishes)
    wanted = (*lanes(difference, catalogue, observed.shop), *moves.lanes)
    actions = [action for lane in wanted for action in lane.actions]
    events = events_table(app, actions)
    app.progress.close()
    is_left = check and (bool(actions) or not difference.is_empty)
    findings = (
        *unadopted(app, catalogue, observed.shop),
        *difference.findings,
        *moves.findings,
    )
    return Result(
        command="catalog plan",
        headline=differing.headline(difference),
        exit_code=ExitCode.FINDINGS if is_left else ExitCode.DONE,
        summary={
            **_summary(app, difference),
            **moving.figures(difference, catalogue, moves, wishes),
        },
        tables=(
            *differing.tables(difference, observed.reaches, app.shell.format),
            *_more_tables(app, moves, events if actions else None),
        ),
        findings=findings,
        next_steps=()
        if check
        else (
            *_first(app, findings),
            *_next_steps(app, wanted, asked, prune=prune),
        ),
    )


def _first(app: App, findings: Iterable[Finding]) -> Iterator[str]:
    """Name `adopt` where the account sells already what the file would make anew."""
    if any(finding.code in TO_ADOPT for finding in findings):
        yield f"eleva catalog adopt --check{global_flags(app)}"


def _more_tables(app: App, moves: Moves, events: Table | None) -> Iterator[Table]:
    """Give who moves and who hears; CSV has room for the changes only."""
    if app.shell.format is Format.CSV:
        return
    if moves.movers:
        yield moving.table(moves)
    if events is not None:
        yield events


def _next_steps(
    app: App, wanted: Sequence[Lane], asked: Asked, *, prune: bool
) -> tuple[str, ...]:
    """Keep what could be applied as a plan of its own, to be reviewed and pinned."""
    if not any(lane.actions for lane in wanted):
        return ()
    head = keep(app, wanted)
    flags = global_flags(app) + " --prune" * prune + asked.command_line()
    return (f"eleva catalog apply{flags} --expect {head.id}",)


def observe(app: App, catalogue: Catalogue, *, prune: bool = False) -> Observed:
    """
    Read the account and compare.

    Subscriptions are paged through only where a change meets their price or product:
    a nightly look at an account that is as it should be costs a dozen calls.
    """
    shopping = Shopping(
        catalog=app.ports.stripe,
        clock=app.clock,
        progress=app.progress,
        catalogue=catalogue,
    )
    shop = shopping.look(currency=app.account.default_currency)
    difference = compare(catalogue, shop, prune=prune)
    if not difference.concerns:
        return Observed(shop=shop, difference=difference)
    sales = count_subscribers(
        app.ports, app.clock, app.progress, watched=difference.concerns
    )
    shop = replace(shop, subscribers=sales.subscribers())
    difference = compare(catalogue, shop, prune=prune)
    return Observed(
        shop=shop,
        difference=difference,
        reaches=reach(difference, sales, now=int(app.clock.now())),
    )


def _summary(app: App, difference: Difference) -> dict[str, Json]:
    return {
        "account": f"{app.account.id} ({app.settings.mode})",
        "file": chosen.place(app.settings.catalog),
        **differing.figures(difference),
    }


def unadopted(app: App, catalogue: Catalogue, shop: Shop) -> list[Finding]:
    """
    Warn that a running business is not made to fit our own amounts.

    A file that names its account was adopted, or somebody wrote that line on purpose.
    """
    foreign = sum(
        each.active and owner_of(each.metadata) is None for each in shop.prices
    )
    if app.settings.mode != "live" or catalogue.account is not None or not foreign:
        return []
    return [
        Finding(
            code="catalog-unadopted",
            severity=Severity.WARNING,
            subject=app.account.id,
            message=f"this live account sells {foreign} prices that are not ours, and"
            " the catalogue does not name it: applying it will be refused (4)",
            hint="take over what is sold already, and have the account's own ids and"
            " amounts written down, with: eleva catalog adopt --out FILE",
        )
    ]
