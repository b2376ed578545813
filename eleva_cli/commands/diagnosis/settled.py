"""What configuration and keys say by themselves, before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.commands.diagnosis.check import (
    Check,
    failed,
    failed_by,
    passed,
    unknown,
)
from eleva_cli.config.checks import (
    CLIENT_NAME,
    STRIPE_NAME,
    WORKOS_NAME,
    client_problem,
    key_problem,
    pair_problem,
)
from eleva_cli.config.destinations import TITLES, destination_problem, secret_names
from eleva_cli.config.settings import Settings
from eleva_cli.errors import ConfigError, ExitCode
from eleva_cli.pacing import Limits, limits_for

# Facts that say whether a migration can begin; the others: eleva pilot status.
PILOTED = ("backfill_on_link",)


def configuration(settings: Settings) -> Iterator[Check]:
    """Check the file and whether the profile says whose keys it is for."""
    name = settings.profile_name
    where = str(settings.file) if settings.file else "no eleva.toml, so the defaults"
    yield passed("configuration", f"{where}; profile {name}")
    if settings.profile.is_pinned:
        account = settings.profile.stripe_account
        yield passed("profile pinned", f"{name} is for {account}")
    elif settings.flags.sandbox:
        yield unknown("profile pinned", "the embedded sandbox has no profile")
    elif settings.mode == "live":
        yield failed(
            "profile pinned",
            f"{name} pins nothing, and the key is live",
            code="profile-unpinned",
            hint="write one with: eleva init --live",
            exit_code=ExitCode.CONFIG,
        )
    else:
        yield unknown("profile pinned", f"{name} pins nothing; eleva init writes it")


def keys(settings: Settings) -> Iterator[Check]:
    """Check that both keys are there, well formed, and of one mode."""
    stripe = key_problem(settings, "stripe")
    workos = key_problem(settings, "workos")
    yield _key(
        "Stripe key",
        stripe,
        f"{_kind(settings.stripe_key)}, {settings.mode}, from {_source(settings, 0)}",
    )
    yield _key(
        "WorkOS key",
        workos,
        f"{settings.workos_mode or 'mode not told'}, from {_source(settings, 1)}",
    )
    yield _key(
        "WorkOS client id",
        client_problem(settings),
        f"{settings.workos_client_id}, from {_source(settings, 2)}",
    )
    if stripe or workos:
        yield unknown("keys of one mode", "needs both keys, well formed")
    elif problem := pair_problem(settings):
        yield failed_by("keys of one mode", problem)
    elif settings.workos_mode is None:
        yield unknown("keys of one mode", "the WorkOS key does not tell its mode")
    else:
        yield passed("keys of one mode", f"both are {settings.mode}")


def destinations(settings: Settings) -> Iterator[Check]:
    """Check where events may be sent on; nobody is asked there."""
    for found in settings.destinations:
        name = f"destination {found.name}"
        if problem := destination_problem(settings, found):
            yield failed_by(name, problem)
            continue
        held = (it for it in secret_names(found.name) if it in settings.sources)
        secrets = ", ".join(f"{it} from {settings.sources[it]}" for it in held)
        yield passed(name, f"events of {TITLES[found.service]}; {secrets}")


def _key(name: str, problem: ConfigError | None, evidence: str) -> Check:
    return failed_by(name, problem) if problem else passed(name, evidence)


def _kind(key: str) -> str:
    return "a restricted key" if key.startswith("rk_") else "a secret key"


def _source(settings: Settings, number: int) -> str:
    name = (STRIPE_NAME, WORKOS_NAME, CLIENT_NAME)[number]
    return settings.sources.get(name, "nowhere")


def limits(settings: Settings) -> Iterator[Check]:
    """Tell how fast this tool would go; raises `UsageError` for wrong flags."""
    try:
        found = limits_for(
            settings.mode,
            leave=settings.leave,
            rate=settings.flags.rate,
            overrides=settings.document.limits,
        )
    except ConfigError as error:
        yield failed_by("limits of Stripe", error)
        yield failed_by("limits of WorkOS", error)
        return
    if key_problem(settings, "stripe"):
        why = "depend on the mode, which no usable Stripe key tells"
        yield unknown("limits of Stripe", why)
        yield unknown("limits of WorkOS", why)
        return
    left = f"{settings.leave:.0%} left to others"
    yield passed("limits of Stripe", f"{_stripe(found)}; {left}")
    yield passed("limits of WorkOS", f"{_workos(found)}; {left}")


def _stripe(found: Limits) -> str:
    endpoint, together = found.of("stripe", "GET", "/v1/customers")
    return f"{endpoint.per_second:g}/s an endpoint, {together.per_second:g}/s in all"


def _workos(found: Limits) -> str:
    endpoint, *_ = found.of("workos", "PUT", "/organizations/{id}")
    users = "/user_management/users"
    _, together, reads = found.of("workos", "GET", users)
    *_, writes = found.of("workos", "POST", users)
    return (
        f"{endpoint.per_second:g}/s an endpoint, {together.per_second:g}/s in all, "
        f"users {reads.per_second:g}/s read and {writes.per_second:g}/s written"
    )


def facts(settings: Settings) -> Iterator[Check]:
    """Tell which facts about the services a pilot has proved."""
    stated = settings.document.facts
    found = stated.here(settings.stand_in)
    for name in PILOTED:
        value = getattr(found, name)
        waited = found.backfill_unseen_s
        if value != "unknown":
            yield passed(f"fact {name}", f"known: {value}, by [facts] of eleva.toml")
        elif waited is not None:
            yield unknown(
                f"fact {name}",
                f"no claim within {waited} s of a link, by [facts] of eleva.toml; a"
                " later eleva pilot look may still see it",
            )
        elif found is not stated:
            yield unknown(
                f"fact {name}", f"[facts] is of {stated.seen_at} and says nothing here"
            )
        else:
            yield unknown(f"fact {name}", "[facts] does not say; eleva pilot proves it")
