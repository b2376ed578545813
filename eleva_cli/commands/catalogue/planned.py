"""`catalog plan`: read the account, compare, count who is meant, and show it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from eleva_cli.bootstrap import App
from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.changes import Difference
from eleva_cli.catalog.difference import compare
from eleva_cli.catalog.reach import Reach, reach
from eleva_cli.catalog.shop import Shop, owner_of
from eleva_cli.commands.catalogue import chosen, differing
from eleva_cli.errors import ExitCode
from eleva_cli.observe.shopping import Shopping, count_subscribers
from eleva_cli.outcome import Json, Result
from eleva_cli.plan import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What an account was found to sell, how that differs, and when it is felt."""

    shop: Shop
    difference: Difference
    reaches: tuple[Reach, ...] = ()


def show(app: App, *, check: bool) -> Result:
    """Return what would have to change; only reads."""
    catalogue = chosen.catalogue(app.settings.catalog)
    app.progress.say(app.banner())
    observed = observe(app, catalogue)
    app.progress.close()
    difference = observed.difference
    is_left = check and not difference.is_empty
    return Result(
        command="catalog plan",
        headline=differing.headline(difference),
        exit_code=ExitCode.FINDINGS if is_left else ExitCode.DONE,
        summary=_summary(app, difference),
        tables=differing.tables(difference, observed.reaches, app.shell.format),
        findings=(*_unadopted(app, observed.shop), *difference.findings),
    )


def observe(app: App, catalogue: Catalogue) -> Observed:
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
    difference = compare(catalogue, shop)
    if not difference.concerns:
        return Observed(shop=shop, difference=difference)
    sales = count_subscribers(
        app.ports, app.clock, app.progress, watched=difference.concerns
    )
    shop = replace(shop, subscribers=sales.subscribers())
    difference = compare(catalogue, shop)
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


def _unadopted(app: App, shop: Shop) -> list[Finding]:
    """Warn that a running business is not made to fit our own amounts."""
    settings = app.settings
    foreign = sum(
        each.active and owner_of(each.metadata) is None for each in shop.prices
    )
    if settings.mode != "live" or settings.catalog is not None or not foreign:
        return []
    return [
        Finding(
            code="catalog-unadopted",
            severity=Severity.WARNING,
            subject=app.account.id,
            message=f"this live account sells {foreign} prices that are not ours, and"
            " the catalogue is the packaged one: applying it will be refused (4)",
            hint="copy the catalogue, write the account's own ids and amounts into it,"
            " and name it with ELEVA_CATALOG",
        )
    ]
