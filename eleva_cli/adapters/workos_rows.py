"""WorkOS's objects, read from raw JSON as far as the tool looks at them."""

from __future__ import annotations

from eleva_cli.adapters import answers
from eleva_cli.adapters.answers import Json
from eleva_cli.ports import Membership, Organization, User


def organization(row: Json) -> Organization:
    # An unlinked organization comes without the field.
    return Organization(
        id=answers.text(row, "id"),
        name=answers.text(row, "name"),
        external_id=answers.text_or_none(row, "external_id"),
        stripe_customer_id=answers.text_or_none(row, "stripe_customer_id") or None,
        metadata=answers.metadata(row),
    )


def user(row: Json) -> User:
    return User(
        id=answers.text(row, "id"),
        email=answers.text(row, "email"),
        email_verified=answers.flag(row, "email_verified"),
        external_id=answers.text_or_none(row, "external_id"),
    )


def membership(row: Json) -> Membership:
    # `role` can be null, and older servers leave `directory_managed` out.
    has_role = row.get("role") is not None
    return Membership(
        id=answers.text(row, "id"),
        user=answers.text(row, "user_id"),
        organization=answers.text(row, "organization_id"),
        status=answers.text(row, "status"),
        role=answers.text(answers.record(row, "role"), "slug") if has_role else "",
        directory_managed=row.get("directory_managed") is True,
    )
