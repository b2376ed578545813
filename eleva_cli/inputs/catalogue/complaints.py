"""What pydantic found wrong with the file, in words for whoever edits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eleva_cli.catalog import Mistake, money
from eleva_cli.catalog.places import did_you_mean, place

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

MUST_BE = {
    "string_type": "text in quotes",
    "string_too_short": "more than empty text",
    "string_pattern_mismatch": "the id of a Stripe account",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "greater_than_equal": "1 or more",
    "dict_type": "a table",
    "model_type": "a table",
    "list_type": "a list in square brackets",
}
TABLE_OF = {
    "features": 'write key = "Name" below [features]',
    "products": "write [products.ID] and its fields below",
    "prices": "write [prices.LOOKUP-KEY] and its fields below",
    "meters": "write [meters.EVENT-NAME] and its fields below",
    "roles": "write [roles] and its fields below",
    "stamps": "write [stamps.customer], [stamps.paid] or [stamps.invite]",
}


def complaint(
    detail: ErrorDetails, root: type[BaseModel], data: Mapping[str, Any]
) -> Mistake:
    """Return the mistake that one of pydantic's findings stands for."""
    path = detail["loc"]
    where, name = place(*path), str(path[-1]) if path else ""
    match detail["type"]:
        case "extra_forbidden":
            return Mistake(
                place=where,
                code="catalog-unknown-name",
                message=f"there is no {_sort(detail['input'])} {where}",
                hint=_right_name(path, root),
            )
        case "missing":
            return Mistake(
                place=where,
                code="catalog-missing",
                message=f"{place(*path[:-1]) or 'the file'} has no {name}",
                hint=_what_for(path, root),
            )
        case "string_type" if name == "amount":
            return Mistake(
                place=where,
                code="catalog-amount-unquoted",
                message=f"an amount is decimal text, this is {_kind(detail['input'])}",
                hint=_quoted(detail["input"], _currency(path, data)),
            )
    return Mistake(
        place=where,
        code="catalog-value",
        message=f"{where} must be {_wanted(detail)}, this is {_kind(detail['input'])}",
        hint=_remedy(detail, path, root),
    )


def model_at(path: Sequence[str | int], root: type[BaseModel]) -> type[BaseModel]:
    """Return the table that holds a path's last name."""
    model: Any = root
    for part in path[:-1]:
        fields = getattr(model, "model_fields", {})
        known = {field.alias or name: field for name, field in fields.items()}
        if part in known:
            model = _table_in(known[part].annotation)
    return model if hasattr(model, "model_fields") else root


def names_of(model: type[BaseModel]) -> list[str]:
    """Return the names of a table's fields as they stand in the file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _table_in(annotation: Any) -> Any:  # noqa: ANN401 - a type, however nested
    """Return the model in `dict[str, Model]` or `Model`."""
    arguments = getattr(annotation, "__args__", ())
    return arguments[-1] if arguments else annotation


def _right_name(path: Sequence[str | int], root: type[BaseModel]) -> str:
    name, model = str(path[-1]), model_at(path, root)
    if len(path) == 1 and "_" not in name and "-" in name:
        return f"a price stands under [prices.{name}], a product under [products.…]"
    return did_you_mean(name, names_of(model))


def _what_for(path: Sequence[str | int], root: type[BaseModel]) -> str:
    name, model = str(path[-1]), model_at(path, root)
    if name == "schema":
        return "write schema = 1 at the top"
    for field_name, field in model.model_fields.items():
        if name == (field.alias or field_name) and field.description:
            return f"{name}: {field.description}"
    return f"add {name}"


def _wanted(detail: ErrorDetails) -> str:
    if detail["type"] == "literal_error":
        return str(detail.get("ctx", {}).get("expected", "another word"))
    if detail["type"] == "model_type" and detail["loc"][0] == "features":
        return "text in quotes"
    return MUST_BE.get(detail["type"], detail["msg"].lower())


def _remedy(
    detail: ErrorDetails, path: Sequence[str | int], root: type[BaseModel]
) -> str:
    expected, given = str(detail.get("ctx", {}).get("expected", "")), detail["input"]
    if expected and isinstance(given, str):
        words = [word for word in expected.split("'") if word.strip(" ,or")]
        return did_you_mean(given.casefold(), words)
    if detail["type"] in {"dict_type", "model_type"} and len(path) <= 2:
        return TABLE_OF.get(str(path[0]), "write it as a table")
    return _what_for(path, root) if isinstance(path[-1], str) else ""


def _currency(path: Sequence[str | int], data: Mapping[str, Any]) -> str:
    table: Any = data.get("prices", {}).get(path[1], {}) if len(path) == 3 else {}
    found = table.get("currency", data.get("currency"))
    return found if isinstance(found, str) else "eur"


def _quoted(given: object, currency: str) -> str:
    text = str(given)
    if not money.AMOUNT.fullmatch(text):
        return f"write it in quotes: amount = {money.example(currency)}"
    whole, _, fraction = text.partition(".")
    most = money.decimals_of(currency)
    fraction = fraction.ljust(most, "0")
    return f'write it in quotes: amount = "{whole}{"." * bool(fraction)}{fraction}"'


def _sort(given: object) -> str:
    return "section" if isinstance(given, dict) else "field"


def _kind(given: object) -> str:
    match given:
        case bool():
            return str(given).lower()
        case str():
            return repr(given) if len(given) <= 40 else "another text"
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return f"{given} without quotes"
