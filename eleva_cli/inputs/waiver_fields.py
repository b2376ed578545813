"""What may stand in the waiver file, and what to say of anything else.

No pattern may stand for an id: it would waive customers who are not there yet.
`schema` describes the file for editors.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from eleva_cli.catalog.places import did_you_mean, place
from eleva_cli.standing.waiving import OWN_CODES

LONGEST = 500
LONGEST_DAYS = 366  # a year, in a leap year too
SUBJECT = re.compile(r"(?:cus|om|org|sub|user)_[A-Za-z0-9_]+")
EXAMPLE = "expires = 2027-01-31"
FIELDS = {
    "code": "the code of the finding, as eleva shows it",
    "subject": "the exact id of what is wrong, or of whom it meets: cus_…, org_…,"
    " user_…, om_… or sub_…",
    "owner": "who answers for it",
    "reason": "why it may stay",
    "expires": "the last day on which it is valid, in UTC; at most a year ahead",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong at a place of the file; `what` ends its code."""

    place: str
    what: str
    message: str
    hint: str
    line: int = 0


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, as it is shipped."""
    shapes: dict[str, dict[str, str | int]] = {
        name: {"type": "string", "minLength": 1, "maxLength": LONGEST}
        for name in FIELDS
    }
    shapes["subject"] = {"type": "string", "pattern": f"^{SUBJECT.pattern}$"}
    shapes["expires"] = {"type": "string", "format": "date"}  # as editors see a date
    fields = {name: {"description": FIELDS[name], **shapes[name]} for name in FIELDS}
    waiver = {
        "type": "object",
        "properties": fields,
        "required": list(FIELDS),
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "eleva waivers",
        "type": "object",
        "properties": {"waiver": {"type": "array", "items": waiver}},
        "additionalProperties": False,
    }


def wrong_names(data: dict[str, Any]) -> Iterator[Complaint]:
    """Complain of what stands beside the waivers, or of waivers that are no list."""
    hint = "begin each waiver with a line [[waiver]]"
    for name, value in data.items():
        if name != "waiver":
            message = f"there is no {name} in a waiver file"
            yield Complaint(place=name, what="unknown-name", message=message, hint=hint)
        elif not isinstance(value, list) or not all(
            isinstance(one, dict) for one in value
        ):
            message = "waiver must be a list of tables"
            yield Complaint(place=name, what="value", message=message, hint=hint)


def wrong_fields(
    number: int, table: dict[str, Any], codes: Collection[str], today: date
) -> Iterator[Complaint]:
    """Complain of one waiver's fields."""
    strange = [name for name in table if name not in FIELDS]
    for name in strange:
        yield Complaint(
            place=place("waiver", number, name),
            what="unknown-name",
            message=f"a waiver has no {name}",
            hint=did_you_mean(name, FIELDS),
        )
    for name, meaning in FIELDS.items():
        where = place("waiver", number, name)
        if name not in table:
            message = f"the waiver has no {name}"
            hint = f"{name}: {meaning}"
            if not strange:  # else it is probably there, and misspelt
                yield Complaint(place=where, what="missing", message=message, hint=hint)
        elif name == "expires":
            yield from _bad_day(where, table[name], today)
        else:
            yield from _bad_text(where, name, table[name], codes)


def _bad_text(
    where: str, name: str, value: object, codes: Collection[str]
) -> Iterator[Complaint]:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        yield Complaint(
            place=where,
            what="value",
            message=f"{name} must be text in quotes, of 1 to {LONGEST} characters",
            hint=f"{name}: {FIELDS[name]}",
        )
    elif name == "code" and value not in codes:
        is_own = value in OWN_CODES
        yield Complaint(
            place=where,
            what="code",
            message=f"{value} cannot be waived" if is_own else f"no finding {value!r}",
            hint="mend the waiver itself" if is_own else did_you_mean(value, codes),
        )
    elif name == "subject" and not SUBJECT.fullmatch(value):
        is_pattern = any(sign in value for sign in "*?[")
        hint = "name each id, or accept what is known with a baseline"
        yield Complaint(
            place=where,
            what="subject",
            message=f"{value!r} is no exact id",
            hint=hint if is_pattern else f"{name}: {FIELDS[name]}",
        )


def _bad_day(where: str, value: object, today: date) -> Iterator[Complaint]:
    if isinstance(value, datetime) or not isinstance(value, date):
        yield Complaint(
            place=where,
            what="expires",
            message="expires must be a day, without quotes and time",
            hint=f"write it as {EXAMPLE}",
        )
    elif value > today + timedelta(days=LONGEST_DAYS):
        yield Complaint(
            place=where,
            what="expires",
            message=f"{value} is more than a year ahead",
            hint="a waiver is looked at again once a year: name an earlier day",
        )
