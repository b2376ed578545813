"""Loading API-shaped objects in bulk: completed, checked and named when wrong."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from eleva_cli.sandbox import seed_invoices, seed_items, seed_money, seed_types
from eleva_cli.sandbox.billing import account, customers, meter_events
from eleva_cli.sandbox.billing import subscription_shape as subscriptions
from eleva_cli.sandbox.billing.entitlements import features_of
from eleva_cli.sandbox.kinds import KINDS, milliseconds
from eleva_cli.sandbox.seed_sections import FREED, ONCE, SECTIONS, Section
from eleva_cli.sandbox.session import make_id, row_of

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json
    from eleva_cli.sandbox.session import Session
    from eleva_cli.sandbox.store import Store

Counts: TypeAlias = Mapping[str, int]


class SeedError(ValueError):
    """A seed document that cannot be; the message names the object and the field."""


_STATUSES = {"invoice": seed_invoices.STATUSES, "subscription": subscriptions.STATUSES}
_UNFOUND = "is not in the document or the store"


class Loading:
    """One document on its way into a store."""

    def __init__(self, store: Store, *, live: bool) -> None:
        self._store = store
        self._live = live
        self.bodies: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self._defaults = {each.kind: each.complete({}) for each in SECTIONS}
        with store.read() as session:
            self._known = {
                (row[0], str(row[1]))
                for row in session.rows("SELECT kind, id FROM objects")
            }
            self._held = set().union(*(_held(session, *each) for each in ONCE))
        self._attached: dict[str, list[str]] = {}
        self._catalogue = seed_items.Catalogue(
            price=self.price,
            features=self.features,
            knows_feature=partial(self.knows, "feature"),
        )

    def knows(self, kind: str, object_id: object) -> bool:
        """Say whether an object is in the document so far, or in the store."""
        return object_id in self.bodies[kind] or (kind, object_id) in self._known

    def price(self, price_id: str) -> Json | None:
        """Give a price for an item's rhythm."""
        return self.found("price", price_id)

    def found(self, kind: str, object_id: str) -> Json | None:
        """Give an object of the document so far, or of the store."""
        if object_id in self.bodies[kind]:
            return self.bodies[kind][object_id]
        with self._store.read() as session:
            return session.get(kind, object_id)

    def features(self, product_id: str) -> list[str]:
        """Give the features of a product, attached here or in the store."""
        if product_id not in self._attached:
            with self._store.read() as session:
                self._attached[product_id] = features_of(session, product_id)
            for body in self.bodies["product_feature"].values():
                if body["product"] == product_id:
                    self._attached[product_id].append(body["entitlement_feature"])
        return self._attached[product_id]

    def add(self, section: Section, number: int, given: object) -> None:
        """Take one object in."""
        place = f"{section.place}[{number}]"
        if not isinstance(given, Mapping):
            raise SeedError(f"{place}: must be an object")
        body = self._completed(section, place, dict(given))
        if section.kind == "meter_event":
            body = self._counted(place, body)
        self._check_references(section, place, body)
        if section.kind == "subscription":
            body = self._with_items(place, body)
        if section.kind in ("customer", "subscription"):
            body = self._with_money(place, body)
        if section.kind == "invoice":
            body = self._of_subscription(body)
        if self.knows(section.kind, body["id"]):
            raise SeedError(f"{place}.id: {body['id']!r} is there already")
        self.bodies[section.kind][body["id"]] = body
        if section.kind == "subscription_schedule":
            self._tie(body)

    def _tie(self, schedule: Json) -> None:
        """Have a schedule guard its subscription of the same document."""
        owner = self.bodies["subscription"].get(schedule["subscription"] or "")
        if owner is not None and schedule["status"] == "active":
            owner["schedule"] = schedule["id"]

    def _of_subscription(self, invoice: Json) -> Json:
        """Make an invoice the latest of its subscription of the same document."""
        owner = self.bodies["subscription"].get(invoice.get("subscription") or "")
        if owner is not None:
            latest = self.bodies["invoice"].get(owner["latest_invoice"] or "")
            if latest is None or latest["created"] <= invoice["created"]:
                owner["latest_invoice"] = invoice["id"]
        return seed_invoices.tied(invoice)

    def _completed(self, section: Section, place: str, given: Json) -> Json:
        for name in section.requires:
            if given.get(name) in (None, "", []):
                raise SeedError(f"{place}.{name}: is required")
        defaults = self._defaults[section.kind]
        wrong = seed_types.unfit(given, defaults, section.names)
        if wrong is not None:
            raise SeedError(f"{place}.{wrong}")
        if "id" not in given and section.kind != "role":
            source = "/".join(str(given[name]) for name in section.identity) or place
            given["id"] = make_id(KINDS[section.kind].prefix, source)
        if section.service == "stripe":
            given.setdefault("livemode", self._live)
            given.setdefault("created", 0)
        if given.get("deleted") and section.kind == "customer":
            return customers.deleted(given)
        body = section.complete(given)
        for name in given.keys() - defaults.keys() - section.also:
            raise SeedError(f"{place}.{name}: there is no such field")
        _check_fields(place, body)
        return body

    def _check_references(self, section: Section, place: str, body: Json) -> None:
        for name, kind in section.names.items():
            value = body.get(name)
            if isinstance(value, Mapping):
                value = body[name] = value.get("id")
            if value is None and name not in section.requires:
                continue
            if not self.knows(kind, value):
                raise SeedError(f"{place}.{name}: {kind} {value!r} {_UNFOUND}")
        for kind, name in ONCE:
            value = body.get(name)
            is_active = body.get("active", body.get("status") == "active")
            is_freed = kind in FREED and not is_active
            if kind != section.kind or not value or is_freed:
                continue
            if (kind, name, value) in self._held:
                raise SeedError(f"{place}.{name}: {value!r} is used twice")
            self._held.add((kind, name, value))

    def _counted(self, place: str, body: Json) -> Json:
        """Read a meter event as its meter counts it."""
        meter = self._meter(body["event_name"])
        if meter is None:
            name = body["event_name"]
            raise SeedError(f"{place}.event_name: no meter of {name!r} {_UNFOUND}")
        if not isinstance(body["payload"], Mapping):
            raise SeedError(f"{place}.payload: must be an object of texts")
        body |= meter_events.measured(meter, body["payload"])
        for name in ("customer", "value"):
            if body[name] is None:
                raise SeedError(f"{place}.payload: has no {name} for the meter")
        return body

    def _meter(self, event_name: str) -> Json | None:
        for body in self.bodies["meter"].values():
            if body["event_name"] == event_name:
                return body
        with self._store.read() as session:
            return session.find("meter", "event_name", event_name)

    def _with_items(self, place: str, body: Json) -> Json:
        try:
            return seed_items.with_items(body, self._catalogue)
        except seed_items.ItemError as error:
            raise SeedError(f"{place}.{error}") from None

    def _with_money(self, place: str, body: Json) -> Json:
        try:
            body, begun = seed_money.with_money(body, self.found)
        except seed_money.MoneyError as error:
            raise SeedError(f"{place}.{error}") from None
        self.bodies["discount"] |= {each["id"]: each for each in begun}
        return body

    def objects(self) -> Iterator[tuple[str, Json]]:
        """Give the objects, in the order in which they will be stored."""
        for kind, bodies in self.bodies.items():
            for body in bodies.values():
                yield kind, body


def _held(session: Session, kind: str, name: str) -> set[tuple[str, str, str]]:
    """Give the values that stored objects have for themselves."""
    statement = "SELECT value, seq FROM refs r WHERE r.kind = ? AND r.name = ?"
    if kind in FREED:
        statement += (
            " AND (SELECT coalesce(json_extract(o.body, '$.active'),"
            " json_extract(o.body, '$.status') = 'active') FROM objects o"
            " WHERE o.seq = r.seq)"
        )
    return {(kind, name, row[0]) for row in session.rows(statement, (kind, name))}


_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def _is_moment(text: str) -> bool:
    try:
        milliseconds(text)
    except ValueError:
        return False
    return True


def _check_fields(place: str, body: Json) -> None:
    """Check the fields that every later reader relies on."""
    metadata = body.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and all(isinstance(each, str) for each in metadata.values())
    ):
        raise SeedError(f"{place}.metadata: must be an object of texts")
    if not isinstance(body.get("created", 0), int):
        raise SeedError(f"{place}.created: must be seconds since 1970")
    at = body.get("created_at", "1970-01-01T00:00:00")
    if not isinstance(at, str) or not _ISO.match(at) or not _is_moment(at):
        raise SeedError(f"{place}.created_at: must be an ISO 8601 time")
    for name in ("id", "email", "stripe_customer_id", "external_id"):
        if not isinstance(body.get(name) or "", str):
            raise SeedError(f"{place}.{name}: must be a text")
    data = body.get("data")
    if body["object"] == "event" and not (
        isinstance(data, dict) and isinstance(data.get("object"), dict)
    ):
        raise SeedError(f"{place}.data.object: must be an object")
    statuses = _STATUSES.get(body["object"])
    if statuses is not None and body["status"] not in statuses:
        raise SeedError(f"{place}.status: {body['status']!r} is not a status")


def load(store: Store, document: Mapping[str, object]) -> Counts:
    """Load a seed document: all of it, or nothing and the first mistake."""
    # Nothing here is garbage; collecting among a million new objects doubles the time.
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        loading = _taken_in(store, document)
        _insert(store, loading)
    finally:
        if was_collecting:
            gc.enable()
    return Counter({k: len(b) for k, b in loading.bodies.items() if b})


def _taken_in(store: Store, document: Mapping[str, object]) -> Loading:
    loading = Loading(store, live=store.settings().livemode)
    parts = _parts(document)
    if given := parts["stripe"].pop("account", None):
        if not isinstance(given, Mapping):
            raise SeedError("stripe.account: must be an object")
        body = account.new(dict(given))
        loading.bodies["account"][body["id"]] = body
    for section in SECTIONS:
        for number, each in enumerate(_list(section, parts)):
            loading.add(section, number, each)
    for service, left in parts.items():
        for name in left:
            raise SeedError(f"{service}.{name}: there is no such list")
    return loading


def _parts(document: Mapping[str, object]) -> dict[str, Json]:
    parts: dict[str, Json] = {"stripe": {}, "workos": {}}
    for service, lists in document.items():
        if service not in parts:
            raise SeedError(f"{service}: there is no such service")
        if not isinstance(lists, Mapping):
            raise SeedError(f"{service}: must be an object")
        parts[service] = dict(lists)
    return parts


def _list(section: Section, parts: dict[str, Json]) -> Sequence[object]:
    given = parts[section.service].pop(section.name, [])
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise SeedError(f"{section.place}: must be a list")
    return given


def _insert(store: Store, loading: Loading) -> None:
    """Insert everything in one transaction; sequence numbers are given here."""
    with store.write() as session:
        row = session.rows("SELECT 'last', coalesce(max(seq), 0) FROM objects")[0]
        refs: list[tuple[str, str, str, int, int]] = []
        session.run_many(
            "INSERT INTO objects (seq, kind, id, shelf, created, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            _rows(loading, row[1] + 1, refs),
        )
        refs.sort()  # in the order of the index, so that its pages are filled once
        session.run_many("INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?)", refs)


def _rows(
    loading: Loading, start: int, refs: list[tuple[str, str, str, int, int]]
) -> Iterator[tuple[int, str, str, str, int, str]]:
    """Give the rows to insert, and collect what they are found by."""
    for seq, (kind, body) in enumerate(loading.objects(), start):
        row = row_of(kind, body)
        yield seq, *row
        for name, value in KINDS[kind].references(body):
            refs.append((kind, name, value, row[3], seq))
