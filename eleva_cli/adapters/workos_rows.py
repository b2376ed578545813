"""WorkOS's objects, read from raw JSON as far as the tool looks at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from eleva_cli.adapters import answers
from eleva_cli.adapters.answers import Json
from eleva_cli.ports import Membership, Organization, RawEvent, User, WorkosEvent


def organization(row: Json) -> Organization:
    # An unlinked organization comes without the field.
    return Organization(
        id=answers.text(row, "id"),
        name=answers.text(row, "name"),
        external_id=answers.text_or_none(row, "external_id"),
        stripe_customer_id=answers.text_or_none(row, "stripe_customer_id") or None,
        metadata=answers.metadata(row),
        changed_at=_moment_or_none(row, "updated_at"),
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
    user = answers.record(row, "user") if row.get("user") is not None else {}
    roles = answers.records(row, "roles") if row.get("roles") is not None else []
    return Membership(
        id=answers.text(row, "id"),
        user=answers.text(row, "user_id"),
        organization=answers.text(row, "organization_id"),
        status=answers.text(row, "status"),
        role=answers.text(answers.record(row, "role"), "slug") if has_role else "",
        directory_managed=row.get("directory_managed") is True,
        email=answers.text_or_none(user, "email"),
        email_verified=user.get("email_verified") is not False,
        changed_at=_moment_or_none(row, "updated_at"),
        roles=tuple(answers.text(role, "slug") for role in roles),
    )


def event(row: Json) -> WorkosEvent:
    """Read an event; what it is about has its own id, and may name others."""
    kind = answers.text(row, "event")
    data = answers.record(row, "data")
    found = WorkosEvent(
        id=answers.text(row, "id"),
        type=kind,
        created=_moment(answers.text(row, "created_at"), "created_at"),
    )
    match kind.partition(".")[0]:
        case "organization":
            return replace(found, organization=answers.text(data, "id"))
        case "user":
            return replace(found, user=answers.text(data, "id"))
        case "organization_membership":
            return replace(
                found,
                membership=answers.text(data, "id"),
                organization=answers.text(data, "organization_id"),
                user=answers.text(data, "user_id"),
            )
        case _:
            return found


def raw_event(row: Json) -> RawEvent:
    """Read an event's outside, whatever it is about, and keep all of it."""
    return RawEvent(
        id=answers.text(row, "id"),
        type=answers.text(row, "event"),
        created=_moment(answers.text(row, "created_at"), "created_at"),
        service="workos",
        text=answers.compact(row),
    )


def _moment_or_none(row: Json, name: str) -> int | None:
    text = answers.text_or_none(row, name)
    return None if text is None else _moment(text, name)


def _moment(text: str, name: str) -> int:
    """Return an ISO 8601 date as Unix seconds."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError as error:
        raise answers.ShapeError(f"{name} is no date") from error
