"""From the file's tables to the values that the rest of the tool knows."""

from __future__ import annotations

from eleva_cli.catalog import (
    Catalogue,
    Feature,
    Meter,
    Mistake,
    Price,
    Product,
    Roles,
    money,
)
from eleva_cli.catalog.money import AmountError
from eleva_cli.catalog.places import place
from eleva_cli.inputs.catalogue.shape import (
    CatalogueFile,
    PriceTable,
    ProductTable,
    StampsTable,
)


def values_of(file: CatalogueFile) -> tuple[Catalogue, list[Mistake]]:
    """Return the catalogue, and what is wrong with its amounts."""
    mistakes: list[Mistake] = []
    prices = []
    for key, table in file.prices.items():
        currency = table.currency or file.currency
        amount = _amount(key, table, currency, mistakes)
        prices.append(_price(key, table, currency, amount))
    catalogue = Catalogue(
        currency=file.currency,
        account=file.account,
        features=tuple(
            Feature(key=key, name=table.name, metadata=table.metadata)
            for key, table in file.features.items()
        ),
        products=tuple(_product(key, table) for key, table in file.products.items()),
        prices=tuple(prices),
        meters=tuple(
            Meter(
                event_name=name,
                aggregation=table.aggregation,
                made_by_workos=table.made_by == "workos",
            )
            for name, table in file.meters.items()
        ),
        roles=Roles(
            ranking=tuple(file.roles.ranking),
            protected=tuple(file.roles.protected),
            nothing_left=file.roles.nothing_left,
        ),
        stamps=_stamps(file.stamps),
    )
    return catalogue, mistakes


def _product(key: str, table: ProductTable) -> Product:
    return Product(
        id=key,
        name=table.name,
        family=table.family,
        tier=table.tier,
        role=table.role,
        features=tuple(table.features),
        description=table.description,
        tax_code=table.tax_code,
        metadata=table.metadata,
    )


def _price(key: str, table: PriceTable, currency: str, amount: int | None) -> Price:
    return Price(
        key=key,
        product=table.product,
        currency=currency,
        amount=amount,
        interval=table.every,
        interval_count=table.every_count,
        tax=table.tax or "unspecified",
        meter=table.meter,
        invite=table.invite,
        default=table.default,
        goes_with=table.goes_with,
        nickname=table.nickname,
        metadata=table.metadata,
    )


def _amount(
    key: str, table: PriceTable, currency: str, mistakes: list[Mistake]
) -> int | None:
    """Read an amount; a missing one is a mistake unless the key is reserved."""
    where = place("prices", key, "amount")
    if table.amount is None:
        if not table.reserved:
            mistake = Mistake(
                place=place("prices", key),
                code="catalog-amount-missing",
                message=f"{key} has no amount",
                hint=f"amount = {money.example(currency)}, or reserved = true",
            )
            mistakes.append(mistake)
        return None
    if table.reserved:
        mistake = Mistake(
            place=where,
            code="catalog-reserved-amount",
            message=f"{key} is reserved and has an amount",
            hint="take out reserved or amount",
        )
        mistakes.append(mistake)
    try:
        return money.parse(table.amount, currency)
    except AmountError as error:
        mistake = Mistake(
            place=where, code="catalog-amount", message=str(error), hint=error.hint
        )
        mistakes.append(mistake)
        return None


def _stamps(table: StampsTable) -> dict[str, dict[str, str]]:
    kinds = {
        "customer": table.customer,
        "paid": table.paid,
        "invite": table.invite,
    }
    return {kind: names for kind, names in kinds.items() if names is not None}
