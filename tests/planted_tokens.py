"""Access tokens to hand in: sound ones, and one fault for each way to be wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from eleva_cli.sandbox.identity import signing
from eleva_cli.sandbox.identity.tokens import Wish, minted
from eleva_cli.sandbox.session import Session
from eleva_cli.sandbox.settings import Settings
from eleva_cli.sandbox.wire import Call, system_call
from tests.planted_business import (
    MINUTE,
    Change,
    Field,
    Plant,
    changing,
    fault,
    planter,
)
from tests.sound_business import COMMUNITY, DAY, TOP, House, Json, Town

# a look of thousands takes minutes; the sandbox's own tokens live five
LIFE_S = float(DAY)


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """Makes tokens with the keys of one sandbox, at its time."""

    call: Call

    @classmethod
    def of(cls, session: Session, settings: Settings, now: float) -> Sealing:
        return cls(call=system_call(session, settings, now=now, live=False))

    def token(self, sign: Json) -> str:
        """Mint one; `claims` are put in, or taken out where they are `None`."""
        told = dict(sign)
        claims: Json = told.pop("claims", {})
        wish = Wish(session_id="session_1", **{"lifetime_s": LIFE_S, **told})
        text = minted(self.call, wish)
        return self._with(text, claims) if claims else text

    def _with(self, text: str, claims: Json) -> str:
        import jwt

        said: Json = jwt.decode(text, options={"verify_signature": False})
        said = {n: v for n, v in {**said, **claims}.items() if v is not None}
        pair = signing.pair(self.call.session)
        return signing.signed(pair, said, kid=signing.key_id(pair))

    def tokens(self, signs: Iterable[Json]) -> Iterator[str]:
        for sign in signs:
            yield self.token(sign)


def sign(house: House, **more: Any) -> Json:
    """Sign the payer in to their own organization an hour ago."""
    told = {"user_id": house.user, "organization_id": house.org, "age_s": 3_600.0}
    return {**told, **more}


def sound_signs(town: Town, first: int = 0, every: int = 3) -> list[Json]:
    """Sign the payers of some houses in; elsewhere their tokens say nothing."""
    homes = Counter(one["user_id"] for h in town.houses for one in h.memberships)
    chosen = town.houses[first::every]
    for house in chosen:
        if homes[house.user] > 1:
            house.notes.add(("signed-in-elsewhere", house.user))
    return [sign(house) for house in chosen]


def knowing(house: House, *keys: str) -> Change:
    """Have WorkOS know these of an organization, whatever Stripe has said."""

    def change(session: Session) -> None:
        body = {
            "object": "claim",
            "id": house.org,
            "customer": house.cus,
            "created_at": "2026-01-01T00:00:00.000Z",
            "versions": [{"lookup_keys": list(keys), "visible_at": 0}],
        }
        session.put("claim", body)

    return change


@planter("claim-missing")
def unseen(here: Field) -> Plant:
    house = here.payer()
    change = knowing(house, "analytics_access")
    return fault("claim-missing", house.user, signs=(sign(house),), stored=change)


@planter("claim-missing")
def nothing_seen(here: Field) -> Plant:
    house = here.payer()
    change = knowing(house)
    return fault("claim-missing", house.user, signs=(sign(house),), stored=change)


@planter("claim-lingers")
def still_seen(here: Field) -> Plant:
    house = here.town.buyer()
    change = knowing(house, "analytics_access")
    return fault("claim-lingers", house.user, signs=(sign(house),), stored=change)


@planter("visible-at-next-refresh")
def not_yet_seen(here: Field) -> Plant:
    house = here.began(here.payer(), 5 * MINUTE)
    signs = (sign(house, age_s=10.0 * MINUTE),)
    change = knowing(house)
    return fault("visible-at-next-refresh", house.user, signs=signs, stored=change)


@planter("signed-in-elsewhere")
def elsewhere(here: Field) -> Plant:
    house, other = here.payer(), here.payer(COMMUNITY)
    here.town.enrol(other, house.user, "member")
    return fault("signed-in-elsewhere", house.user, signs=(sign(house),))


@planter("token-other-organization")
def nowhere(here: Field) -> Plant:
    house = here.payer()
    signs = (sign(house, organization_id=None),)
    return fault("token-other-organization", house.user, signs=signs)


@planter("token-role-differs")
def other_role(here: Field) -> Plant:
    house = here.payer()
    house.plays("member")
    role = {"slug": "expert_top"}
    change = changing(
        "organization_membership", house.member["id"], role=role, roles=[role]
    )
    signs = (sign(house),)
    return fault("token-role-differs", house.user, signs=signs, signed=change)


def _planted(code: str, **more: Any) -> None:
    @planter(code)
    def refused(here: Field) -> Plant:
        house = here.payer(TOP)
        return fault(code, house.user, signs=(sign(house, **more),))


_planted("token-early", age_s=-3_600.0)
_planted("token-expired", defect="expired")
_planted("token-foreign", issuer="https://auth.example.com")
_planted("token-forged", defect="foreign_key")
_planted("token-unsigned", defect="alg_none")
_planted("token-unsigned", defect="unsigned")
_planted("token-malformed", claims={"role": 7})
_planted("token-without-user", claims={"sid": None})
