"""WorkOS's side of a rehearsal: organizations, people, and who belongs where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from eleva_cli.rehearsal.making import Making, address_of, listed

ORGANIZATIONS = "select * from organizations where snapshot = :s order by id"
USERS = "select * from users where snapshot = :s order by id"
MEMBERSHIPS = "select * from memberships where snapshot = :s order by id"
# Users that were asked for by name: whose, and what came of it.
ASKED = """
  select c.id as customer, j.value as user, 'customer-names-user' as source
  from customers c, json_each(json_insert(c.more_users, '$[#]', c.user)) j
  where c.snapshot = :s and c.user is not null
  union all
  select customer, user, 'mapping' from mapping
  where snapshot = :s and customer is not null and user is not null
"""
PROBLEMS = "select customer, source, code, options from problems where snapshot = :s"
NO_USERS = ("user-missing", "user-unreadable")

Json = dict[str, Any]


def objects(making: Making) -> dict[str, list[Json]]:
    """Make the lists of a seed document, oldest first as they were listed."""
    organizations = list(_organizations(making))
    places = {row["id"] for row in organizations}
    people = _People(making=making)
    people.take_listed()
    memberships = list(_memberships(making, places, people))
    people.take_asked()
    return {
        "roles": _roles(making, memberships),
        "users": list(people.users.values()),
        "organizations": organizations,
        "organization_memberships": memberships,
    }


def _organizations(making: Making) -> Iterator[Json]:
    held: set[str] = set()
    for row in making.rows(ORGANIZATIONS):
        making.stand_ins["organizations' names"] += 1
        body: Json = {"id": row["id"], "name": row["id"], **_named(making, row)}
        link = row["customer"]
        if link and link in held:
            making.left_out["second links of one customer"] += 1
        elif link:
            body["stripe_customer_id"] = link
            held.add(link)
        yield body


def _named(making: Making, row: Any) -> Json:  # noqa: ANN401 - a row
    """Have an organization name its customers under the names that are read first."""
    first = row["names_customer"]
    named = [first, *listed(row["more_customers"])] if first else []
    keys = making.names.customer
    body: Json = {"metadata": dict(zip(keys, named, strict=False))}
    for extra in named[len(keys) :][:1]:
        body["external_id"] = extra
    return body


@dataclass(slots=True, kw_only=True)
class _People:
    """Everybody that the snapshot knows to be there."""

    making: Making
    users: dict[str, Json] = field(default_factory=dict)

    def take_listed(self) -> None:
        """Take those whom the list showed, with what it said of their address."""
        for row in self.making.rows(USERS):
            email = address_of(row["email_hash"] or row["id"])
            self.users[row["id"]] = {
                "id": row["id"],
                "email": email,
                "email_verified": bool(row["is_verified"]),
            }

    def take(self, user: str) -> None:
        """Take one of whom only the id is known; such an address proves nothing."""
        if user not in self.users:
            self.making.stand_ins["users' e-mails, unverified"] += 1
            self.users[user] = {
                "id": user,
                "email": f"{user.lower()}@example.test",
                "email_verified": False,
            }

    def take_asked(self) -> None:
        """Take those who were asked for and found, though they belong nowhere."""
        found, missing = self._came_of()
        for row in self.making.rows(ASKED):
            asked = (row["customer"], row["source"])
            if asked in found and row["user"] not in self.users:
                # of several that were asked for at least one was missing
                if missing.pop(asked, False):
                    continue
                self.take(row["user"])

    def _came_of(self) -> tuple[set[tuple[str, str]], dict[tuple[str, str], bool]]:
        found: set[tuple[str, str]] = set()
        missing: dict[tuple[str, str], bool] = {}
        for row in self.making.rows(PROBLEMS):
            asked = (row["customer"], row["source"])
            if row["code"] in NO_USERS:
                missing[asked] = True
            elif row["code"] == "no-organization" and not listed(row["options"]):
                found.add(asked)
            if row["code"] == "user-unreadable":
                self.making.left_out["users whom WorkOS would not show"] += 1
        return found, missing


def _memberships(making: Making, places: set[str], people: _People) -> Iterator[Json]:
    for row in making.rows(MEMBERSHIPS):
        if row["organization"] not in places:
            making.left_out["memberships in organizations that are not there"] += 1
            continue
        people.take(row["user"])
        yield {
            "id": row["id"],
            "user_id": row["user"],
            "organization_id": row["organization"],
            "status": row["status"],
            "role": {"slug": row["role"] or "member"},
            "directory_managed": bool(row["is_directory"]),
        }


def _roles(making: Making, memberships: list[Json]) -> list[Json]:
    slugs = sorted({row["role"]["slug"] for row in memberships})
    making.stand_ins["roles without permissions"] += len(slugs)
    return [{"slug": slug} for slug in slugs]
