"""Why Stripe gives no link to a customer's billing pages, and what can be done."""

from __future__ import annotations

from eleva_cli.bootstrap import App
from eleva_cli.engine.pool import patiently
from eleva_cli.errors import (
    ElevaError,
    MissingError,
    RejectedError,
    SafetyError,
    UsageError,
)

OTHER_MODE = "similar object exists in"  # the words are all that tells it
NOT_SET_UP = "default configuration has not been created"


def explained(
    app: App, customer: str, configuration: str | None, error: RejectedError
) -> ElevaError:
    """Return what a refusal means; the refusal itself where nobody knows it."""
    said = str(error)
    if NOT_SET_UP in said:
        return _not_set_up(app.settings.mode)
    if error.remote_code != "resource_missing":
        return error
    if configuration is not None and configuration in said:
        return UsageError(
            f"there is no portal configuration {configuration} in this Stripe account",
            code="portal-configuration-unknown",
            hint="leave --configuration out, or see Settings → Billing → Customer"
            " portal in the Stripe Dashboard",
        )
    return _gone(app, customer, said)


def _not_set_up(mode: str) -> SafetyError:
    return SafetyError(
        f"the customer portal of this Stripe account was never set up in {mode} mode",
        code="portal-not-set-up",
        hint="save its settings once, in the Stripe Dashboard: Settings → Billing →"
        " Customer portal; or name a set-up: --configuration bpc_…",
    )


def _gone(app: App, customer: str, said: str) -> ElevaError:
    """Tell a deleted customer from one of the other mode and from none."""
    if OTHER_MODE in said:
        return _of_other_mode(app, customer)
    try:
        found = patiently(lambda: app.ports.stripe.customer(customer), app.clock)
    except MissingError as error:
        if OTHER_MODE in str(error):
            return _of_other_mode(app, customer)
        return UsageError(
            f"there is no {customer} in this Stripe account",
            code="person-unknown",
            hint="see whose keys these are: eleva doctor",
        )
    state = "was deleted in Stripe" if found.deleted else "was not found just now"
    return SafetyError(
        f"{customer} {state}, so it has no billing pages",
        code="customer-deleted",
        hint="name the customer that took its place; an organization that still"
        " carries it: eleva link set ORG CUSTOMER, or eleva link clear ORG",
    )


def _of_other_mode(app: App, customer: str) -> SafetyError:
    other = "test" if app.settings.mode == "live" else "live"
    return SafetyError(
        f"{customer} is a customer of {other} mode, and the key is of"
        f" {app.settings.mode} mode",
        code="mode-mismatch",
        hint=f"use the profile with the keys of {other} mode: --profile NAME",
    )
