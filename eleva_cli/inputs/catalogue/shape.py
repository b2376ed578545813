"""What may stand in `catalog.toml`; the JSON Schema for editors is made from it.

Names, types and what is required. What the values mean together is checked by
`catalog/rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from eleva_cli.catalog import Aggregation, Interval

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Text = Annotated[str, Field(min_length=1)]
AMOUNT = {"pattern": r"^[0-9]+(\.[0-9]+)?$"}
LIMITS = {
    "maxProperties": 50,
    "propertyNames": {"minLength": 1, "maxLength": 40, "pattern": r"^[^\[\]]*$"},
    "additionalProperties": {"type": "string", "maxLength": 500},
}
Metadata = Annotated[
    dict[str, str],
    Field(
        description="Stripe metadata: up to 50 names of 40 characters",
        json_schema_extra=dict(LIMITS),
    ),
]
NAMED = "the name that people see"


class Closed(BaseModel):
    """A table of the file: an unknown name is an error, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FeatureTable(Closed):
    """An entitlement feature under its lookup key: its name, or a table."""

    model_config = ConfigDict(title="Feature")

    name: Text = Field(description=NAMED)
    metadata: Metadata = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: object) -> object:
        """Take `key = "Name"` for a feature that has nothing else."""
        return {"name": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Let an editor take both forms."""
        table = handler.resolve_ref_schema(handler(core))
        text = {"type": "string", "minLength": 1, "description": NAMED}
        return {"title": "Feature", "anyOf": [text, table]}


class ProductTable(Closed):
    """A product under its id in Stripe."""

    model_config = ConfigDict(title="Product")

    name: Text = Field(description=NAMED)
    family: Text = Field(
        description="what the application sells it as: expert, lecturer, team, seat"
    )
    tier: Text | None = Field(
        default=None, description="its rank within the family: community, top, starter"
    )
    role: Text | None = Field(
        default=None, description="the WorkOS role of its subscribers; none for add-ons"
    )
    features: list[str] = Field(
        default_factory=list, description="keys of [features] that all its prices give"
    )
    description: Text | None = Field(
        default=None, description="shown to customers by Stripe"
    )
    tax_code: Text | None = Field(
        default=None, description="Stripe's tax code: txcd_…, as Stripe Tax reads it"
    )
    metadata: Metadata = Field(default_factory=dict)


class PriceTable(Closed):
    """A price under its lookup key."""

    model_config = ConfigDict(title="Price")

    product: Text = Field(description="the id of its product in [products]")
    every: Interval = Field(description="how often it is due: day, week, month, year")
    every_count: int = Field(
        default=1, ge=1, description='how many of these: 3 with "month" is a quarter'
    )
    amount: str | None = Field(
        default=None,
        description='decimal text, exact: "25.00"; "0.00" for an invite. '
        "Left out where the key is reserved",
        examples=["25.00", "1990.00"],
        json_schema_extra=dict(AMOUNT),
    )
    reserved: bool = Field(
        default=False, description="only keep the key free: the price is by contract"
    )
    currency: str | None = Field(
        default=None, description="three letters, where it is not the file's"
    )
    tax: Literal["inclusive", "exclusive"] | None = Field(
        default=None, description="whether tax is in the amount; on every paid price"
    )
    meter: Text | None = Field(
        default=None, description="bill what this meter of [meters] counts, a unit each"
    )
    invite: bool = Field(
        default=False, description="given for free by eleva invite; its amount is 0"
    )
    default: bool = Field(
        default=False, description="the product's default price in Stripe"
    )
    goes_with: Text | None = Field(
        default=None,
        description="sold only together with a price of this family, same rhythm",
    )
    nickname: Text | None = Field(
        default=None, description="a note in the Dashboard, hidden from customers"
    )
    metadata: Metadata = Field(default_factory=dict)


class MeterTable(Closed):
    """A billing meter under its event name."""

    model_config = ConfigDict(title="Meter")

    aggregation: Aggregation = Field(description="what is billed of a period's events")
    made_by: Literal["workos"] | None = Field(
        default=None, description="who makes it, if eleva must not"
    )


class RolesTable(Closed):
    """What a WorkOS role is worth, and which ones are never touched."""

    model_config = ConfigDict(title="Roles")

    ranking: list[str] = Field(
        default_factory=list, description="roles that eleva may set, the highest first"
    )
    protected: list[str] = Field(
        default_factory=list, description="roles that are never changed"
    )
    nothing_left: Text = Field(
        default="member", description="the role of somebody without a subscription"
    )


Stamp = Annotated[
    dict[str, str],
    Field(
        description="metadata name = value; {user}, {organization}, {tier}, {interval} "
        "stand for what they name",
        json_schema_extra=dict(LIMITS),
    ),
]


class StampsTable(Closed):
    """Which metadata is written, by kind of object."""

    model_config = ConfigDict(title="Stamps")

    customer: Stamp | None = Field(
        default=None, description="on every customer that is linked"
    )
    paid: Stamp | None = Field(default=None, description="on paid subscriptions")
    invite: Stamp | None = Field(default=None, description="on free subscriptions")


class CatalogueFile(Closed):
    """What is sold, for how much, and what it entitles to."""

    model_config = ConfigDict(title="eleva catalogue")

    schema_: Literal[1] = Field(alias="schema", description="the form of this file")
    currency: str = Field(
        description="three letters, of every price that names no other",
        examples=["eur"],
    )
    account: str | None = Field(
        default=None,
        pattern=r"^acct_[A-Za-z0-9_]+$",
        description="the only Stripe account that the file is for: acct_…",
    )
    features: dict[str, FeatureTable] = Field(
        default_factory=dict,
        description="lookup key = name; the key is what stands in the access token",
    )
    products: dict[str, ProductTable] = Field(
        default_factory=dict, description="[products.ID]"
    )
    prices: dict[str, PriceTable] = Field(
        default_factory=dict, description="[prices.LOOKUP-KEY]"
    )
    meters: dict[str, MeterTable] = Field(
        default_factory=dict, description="[meters.EVENT-NAME]"
    )
    roles: RolesTable = Field(default_factory=RolesTable)
    stamps: StampsTable = Field(default_factory=StampsTable)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, as it is shipped."""
    made = CatalogueFile.model_json_schema(mode="validation")
    _tidy(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _tidy(node: object) -> None:
    """Take out `null`, which TOML does not have, and titles that repeat a name."""
    if isinstance(node, list):
        for item in node:
            _tidy(item)
    if not isinstance(node, dict):
        return
    if {"type": "null"} in node.get("anyOf", []):
        (kept,) = (one for one in node.pop("anyOf") if one != {"type": "null"})
        node.pop("default", None)
        node.update({**kept, **node})
    for field in node.get("properties", {}).values():
        field.pop("title", None)
    for item in node.values():
        _tidy(item)
