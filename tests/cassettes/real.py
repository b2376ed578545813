"""Whether the real services may be recorded: asked for, test keys, test data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

STRIPE = "https://api.stripe.com"
WORKOS = "https://api.workos.com"
OPT_IN = "RECORD_REAL"
TEST_KEYS = ("sk_test_", "rk_test_")
# Either tells the mode of the account behind a key, as a fact and not by its name.
TELLING = ("/v1/balance", "/v1/customers?limit=1")


class RefusedError(ValueError):
    """These keys are not recorded with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealKeys:
    """The keys of test mode and staging; they never show in a repr."""

    stripe: str = field(repr=False)
    workos: str = field(repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> RealKeys:
        """Read the vendors' own names."""
        return cls(
            stripe=environment.get("STRIPE_SECRET_KEY", ""),
            workos=environment.get("WORKOS_API_KEY", ""),
        )

    def check(self) -> None:
        """Raise `RefusedError` unless both are named as keys of test data are."""
        if not self.stripe.startswith(TEST_KEYS):
            raise RefusedError("STRIPE_SECRET_KEY is no sk_test_ or rk_test_ key")
        if not self.workos.startswith("sk_test_"):
            raise RefusedError("WORKOS_API_KEY is no sk_test_ key of a staging")


def wants_real(environment: Mapping[str, str]) -> bool:
    """Tell whether the real services were asked for, by a variable of its own."""
    return environment.get(OPT_IN) == "1"


def check_account(http: httpx2.Client, base: str, key: str) -> None:
    """Raise `RefusedError` if what a Stripe key shows is live, or cannot be told."""
    told = False
    for path in TELLING:
        headers = {"Authorization": f"Bearer {key}"}
        answer = http.get(base + path, headers=headers)
        if answer.status_code == 403:
            continue  # a restricted key may lack one of them
        if answer.status_code != 200:
            raise RefusedError(f"Stripe answered {answer.status_code} to {path}")
        body = answer.json()
        for row in (body, *body.get("data", [])):
            if row.get("livemode") is True:
                raise RefusedError("the account behind STRIPE_SECRET_KEY is live")
            told = told or row.get("livemode") is False
    if not told:
        raise RefusedError("nothing of that account tells that it is in test mode")
