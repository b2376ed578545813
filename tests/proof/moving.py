"""Judges a business that was brought to the catalogue by the sandbox's own state.

Nothing here asks the tool: renewals are previewed, tokens minted, objects and the call
log read at the sandbox, before and after, and held against the fleet's truth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from eleva_cli.sandbox.fleet import Fleet, goods
from eleva_cli.sandbox.settings import Settings
from tests.proof.ground import Ground, Json
from tests.proof.viewing import View

SETTLED = ("link", "linked", "stamp")
GRANTING = ("active", "trialing", "past_due")
WRITTEN = {"customer", "organization", "organization_membership", "subscription"}
# what a move may change of a subscription
MOVED_FIELDS = {"items", "metadata"}
ITEM_FIELDS = {"price", "features"}
# of the whole store: who pays what, and what was ever asked of anybody
MONEY = ("invoice", "invoice_item", "discount", "coupon", "subscription_schedule")


@dataclass(kw_only=True)
class Judge:
    """Holds what happened between two views against what should have."""

    fleet: Fleet
    ground: Ground
    before: View
    owners: str = "replace"
    # what was not to be done yet: subscriptions whose renewal is near
    waiting: frozenset[str] = frozenset()
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = self.ground.front.store.settings()

    @property
    def truths(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self.fleet.truth["subscriptions"]
        return found

    @property
    def customers(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self.fleet.truth["customers"]
        return found

    @property
    def moved(self) -> list[str]:
        """Name the subscriptions that change their price."""
        return [
            id_
            for id_, truth in self.truths.items()
            if truth["expect"] == "moved" and id_ not in self.waiting
        ]

    def faults(self, after: View) -> dict[str, list[str]]:
        """Return all that is not as it should be, by what it is about."""
        found = {
            "renewal": list(self._renewals(after)),
            "price": list(self._prices(after)),
            "stamp": list(self._stamps(after)),
            "money": list(self._money(after)),
            "link": list(self._links(after)),
            "role": list(self._roles(after)),
            "token": list(self._tokens(after)),
            "calls": list(self._calls()),
        }
        return {name: rows for name, rows in found.items() if rows}

    def _renewals(self, after: View) -> Iterator[str]:
        """Equal before and after to the cent; where the truth names a sum, that."""
        for id_, renewal in self.before.renewals.items():
            now = after.renewals.get(id_)
            truth = self.truths[id_]
            if renewal != now:
                yield f"{id_} ({truth['mess']}): {renewal} became {now}"
            elif truth["expect"] == "moved" and not _ends(self.before, id_):
                wanted = truth["renewal"]
                if wanted is not None and renewal[0] != wanted:
                    yield f"{id_} ({truth['mess']}): {renewal[0]}, true is {wanted}"

    def _prices(self, after: View) -> Iterator[str]:
        """Items keep id, quantity and period; only what moves has another price."""
        for id_, truth in self.truths.items():
            old = self.before.objects["subscription"][id_]
            new = after.objects["subscription"][id_]
            moves = truth["expect"] == "moved" and id_ not in self.waiting
            for name in old.keys() | new.keys():
                if name not in MOVED_FIELDS and old.get(name) != new.get(name):
                    yield f"{id_} ({truth['mess']}): {name}"
            for was, now in zip(old["items"], new["items"], strict=True):
                place = truth["items"][was["id"]]
                wanted = place["after"] if moves else place["before"]
                if now["price"] != wanted:
                    yield (
                        f"{id_} ({truth['mess']}, {truth['expect']}): on"
                        f" {now['price']}, not {wanted}"
                    )
                if _but(was, ITEM_FIELDS) != _but(now, ITEM_FIELDS):
                    yield f"{id_} ({truth['mess']}): {_but(was)} became {_but(now)}"

    def _stamps(self, after: View) -> Iterator[str]:
        """The contract whole where it is known whose it is; elsewhere as it was."""
        for id_, truth in self.truths.items():
            old = self.before.objects["subscription"][id_]["metadata"]
            new = after.objects["subscription"][id_]["metadata"]
            contract = self.contract(id_, truth)
            if contract is None:
                if old != new:
                    yield f"{id_} ({truth['mess']}, {truth['expect']}): {old} → {new}"
            elif new != old | contract:
                missing = {k: v for k, v in contract.items() if new.get(k) != v}
                yield f"{id_} ({truth['mess']}): lacks {missing}, has {new}"

    def contract(self, id_: str, truth: Json) -> dict[str, str] | None:
        """Write the metadata contract by hand; `None` where nothing is written."""
        if truth["expect"] not in ("moved", "stamped") or id_ in self.waiting:
            return None
        customer = self.customers[truth["customer"]]
        user = self._payer(truth["customer"])
        if user is None:
            return None
        products = [item["product_after"] for item in truth["items"].values()]
        tiers = ("expert_community", "expert_top", "team_starter")
        found = [name for name in products if name in tiers]
        place = products.index(found[0]) if found else 0
        price = [item["after"] for item in truth["items"].values()][place]
        good = next((one for one in goods.GOODS if one.id == price), None)
        if good is None:
            return None
        contract = {
            "workos_org_id": customer["true_organization"],
            "workos_user_id": user,
            "workosUserId": user,
            "billingInterval": "annual" if good.interval == "year" else "monthly",
        }
        if found:
            tier = found[0].partition("_")[2]
            contract |= {"tier": tier, "tierLevel": tier}
        if good.key.endswith("-invite"):
            contract["type"] = "expert_invite"
        return contract

    def _payer(self, customer: str) -> str | None:
        """Name the user that the customer names, or who is the organization."""
        metadata = self.before.objects["customer"][customer]["metadata"]
        for name in ("workosUserId", "workos_user_id"):
            if metadata.get(name, "").strip():
                return str(metadata[name].strip())
        organization = self.customers[customer]["true_organization"]
        active = self._active.get(organization, [])
        owners = [one for one in active if one["role"]["slug"] == "owner"]
        chosen = owners if len(owners) == 1 else active
        return str(chosen[0]["user_id"]) if len(chosen) == 1 else None

    @cached_property
    def _active(self) -> Mapping[str, list[Json]]:
        """Give each organization's active memberships."""
        found: dict[str, list[Json]] = {}
        for one in self.before.objects["organization_membership"].values():
            if one["status"] == "active":
                found.setdefault(one["organization_id"], []).append(one)
        return found

    def _money(self, after: View) -> Iterator[str]:
        """No invoice made or changed, nothing charged, no coupon used."""
        for kind in MONEY:
            was, now = self.before.objects.get(kind, {}), after.objects.get(kind, {})
            for id_ in was.keys() | now.keys():
                if was.get(id_) != now.get(id_):
                    yield f"{kind} {id_}"
        for id_, old in self.before.objects["customer"].items():
            new = after.objects["customer"][id_]
            if _but(old, {"metadata"}) != _but(new, {"metadata"}):
                yield f"customer {id_}"

    def _links(self, after: View) -> Iterator[str]:
        """Every true link, and no other one."""
        wanted = {
            truth["true_organization"]: customer
            for customer, truth in self.customers.items()
            if truth["expect"] in SETTLED
        }
        name = "stripe_customer_id"
        for id_, new in after.objects["organization"].items():
            old = self.before.objects["organization"][id_]
            if new.get(name) != wanted.get(id_, old.get(name)):
                yield f"{id_} carries {new.get(name)}, not {wanted.get(id_)}"

    def _roles(self, after: View) -> Iterator[str]:
        """Each membership's role, and nothing else of it."""
        wanted = self.fleet.truth["roles"][self.owners]
        waiting = {self.truths[id_]["customer"] for id_ in self.waiting}
        spared = {self.customers[name]["true_organization"] for name in waiting}
        for id_, old in self.before.objects["organization_membership"].items():
            new = after.objects["organization_membership"][id_]
            role = old["role"]["slug"]
            if old["organization_id"] not in spared:
                role = wanted.get(id_, role)
            if new["role"]["slug"] != role or len(new["roles"]) != 1:
                yield f"{id_} ({self._mess(old)}): {new['role']['slug']}, not {role}"
            fields = {"role", "roles"}
            if _but(old, fields) != _but(new, fields):
                yield f"{id_}: {_but(old, fields)} became {_but(new, fields)}"

    def _mess(self, membership: Json) -> str:
        """Name the mess of whose organization it is."""
        place = membership["organization_id"]
        return next(
            (
                str(one["mess"])
                for one in self.customers.values()
                if one["true_organization"] == place
            ),
            "nobody's",
        )

    def _tokens(self, after: View) -> Iterator[str]:
        """The role of each fresh token, and what it is entitled to."""
        memberships = after.objects["organization_membership"]
        entitled = dict(self._entitled())
        for id_, (role, keys_) in after.tokens.items():
            body = memberships[id_]
            wanted = entitled.get(body["organization_id"], self.before.tokens[id_][1])
            if role != body["role"]["slug"]:
                yield f"{id_}: the token says {role}"
            if keys_ != wanted:
                yield (
                    f"{id_} ({self._mess(body)}): entitled to {sorted(keys_)}, not"
                    f" {sorted(wanted)}"
                )

    def _entitled(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Say what each linked organization's tokens show, under these switches."""
        held: dict[str, list[tuple[str, Json]]] = {}
        for id_, truth in self.truths.items():
            held.setdefault(truth["customer"], []).append((id_, truth))
        for customer, truth in self.customers.items():
            if truth["expect"] not in SETTLED:
                continue
            own = held.get(customer, [])
            was = frozenset(self._keys(own, "product_before"))
            now = frozenset(self._keys(own, "product_after"))
            known = was
            if truth["expect"] == "link" and not self.settings.backfill_on_link:
                known = frozenset()
            shown = now if now != was else known
            if not self.settings.entitlements_in_tokens or not self.settings.addon_on:
                shown = frozenset()
            yield truth["true_organization"], shown

    def _keys(self, held: Iterable[tuple[str, Json]], which: str) -> Iterator[str]:
        for id_, truth in held:
            name = "product_before" if id_ in self.waiting else which
            if self._grants(truth["status"]):
                for item in truth["items"].values():
                    yield from goods.FEATURES.get(item[name], ())

    def _grants(self, status: str) -> bool:
        if status == "active":
            return True
        return bool(getattr(self.settings, f"grants_while_{status}", False))

    def _calls(self) -> Iterator[str]:
        """One call a moved subscription, none for others; only what may be written."""
        effects = Counter[tuple[str, str]]()
        for call in self.ground.log().calls[self.before.calls :]:
            for effect in call["effect"] or ():
                effects[effect["kind"], effect["id"]] += 1
        for (kind, id_), count in effects.items():
            if kind not in WRITTEN:
                yield f"{kind} {id_} was written"
            elif count > 1:
                yield f"{kind} {id_} was written {count} times"
        written = {id_ for kind, id_ in effects if kind == "subscription"}
        for id_ in sorted(written ^ self._touched()):
            truth = self.truths[id_]
            yield f"{id_} ({truth['mess']}, {truth['expect']}): written or not"

    def _touched(self) -> set[str]:
        """Name the subscriptions that need a call: those that move or lack a name."""
        found = set(self.moved)
        for id_, truth in self.truths.items():
            contract = self.contract(id_, truth)
            metadata = self.before.objects["subscription"][id_]["metadata"]
            if contract is not None and metadata != metadata | contract:
                found.add(id_)
        return found

    def codes(self, findings: Iterable[Json]) -> dict[str, list[str]]:
        """Hold a plan's findings against the held ones, each by its own name."""
        told: dict[str, set[str]] = {}
        for one in findings:
            told.setdefault(one["subject"], set()).add(one["code"])
        wrong: dict[str, list[str]] = {}
        for id_, truth in self.truths.items():
            expect, _, code = truth["expect"].partition(":")
            codes = told.get(id_, set()) | told.get(truth["customer"], set())
            if expect == "held" and code not in codes:
                wrong.setdefault("not held as it should be", []).append(
                    f"{id_} ({truth['mess']}): {sorted(codes)}, not {code}"
                )
        return wrong

    def unexcused(self, findings: Iterable[Json]) -> list[str]:
        """Return what `verify` counts although everybody in it was brought in."""
        spared = self._spared()
        names = ("subject", "customer", "organization", "user")
        return [
            f"{one['code']} {one['subject']}: {one['message']}"
            for one in findings
            if one["counts"] and spared.isdisjoint(one.get(name) for name in names)
        ]

    def _spared(self) -> frozenset[str]:
        """Name all whose chain need not be whole: held, left, or another's to set."""
        found = {
            name
            for name, truth in self.customers.items()
            if truth["expect"] not in SETTLED
            or truth["mess"] in BY_NAME
            or self._payer(name) is None
        }
        for id_, truth in self.truths.items():
            if truth["expect"] not in ("moved", "stamped"):
                found |= {id_, truth["customer"]}
        places = {
            self.customers[name]["true_organization"]
            for name in found & self.customers.keys()
        }
        found |= places | set(self.fleet.truth["organizations"])
        for one in self.before.objects["organization_membership"].values():
            if one["organization_id"] in places:
                found |= {one["id"], one["user_id"]}
        return frozenset(found)


# Whose role somebody else decides, so that it need not fit what is paid.
BY_NAME = frozenset(
    {"directory-managed", "protected-role", "not-a-member", "owner-in-company"}
)


def _ends(seen: View, id_: str) -> bool:
    body = seen.objects["subscription"][id_]
    return body["cancel_at_period_end"] or body["cancel_at"] is not None


def _but(body: Json, names: Iterable[str] = ()) -> Json:
    left = set(names)
    return {name: value for name, value in body.items() if name not in left}
