"""One check: its verdict and what the verdict stands on. Unknown is never a pass."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from eleva_cli.errors import (
    ConfigError,
    ElevaError,
    ExitCode,
    ForbiddenError,
    NotExecutedError,
    UnauthorizedError,
)


class Verdict(StrEnum):
    """What a check came to."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A row of the answer; code, hint and exit status are a failed check's only."""

    name: str
    verdict: Verdict
    evidence: str
    code: str = ""
    hint: str = ""
    exit_code: ExitCode = ExitCode.DONE


def passed(name: str, evidence: str) -> Check:
    """Return a check whose evidence was seen."""
    return Check(name=name, verdict=Verdict.PASS, evidence=evidence)


def unknown(name: str, evidence: str) -> Check:
    """Return a check that lacks the evidence named."""
    return Check(name=name, verdict=Verdict.UNKNOWN, evidence=evidence)


def failed(
    name: str, evidence: str, *, code: str, hint: str, exit_code: ExitCode
) -> Check:
    """Return a check that found something wrong."""
    return Check(
        name=name,
        verdict=Verdict.FAIL,
        evidence=evidence,
        code=code,
        hint=hint,
        exit_code=exit_code,
    )


# What the adapters advise is about writes; a read needs other words.
READ_HINTS = {
    "not-json": "a page came instead of JSON: a proxy, a login page of the network or "
    "a wrong base address answers there",
    "redirected": "check the base address, and what is between here and the service",
    "timed-out": "try again; if it stays so, check the network and the service's "
    "status page",
    "cut-off": "try again; something in between closes connections",
    "server-fault": "the service has a fault; try again, and see its status page",
}


def failed_by(name: str, error: ElevaError) -> Check:
    """Return the check that an error decides; a rate limit decides nothing."""
    if isinstance(error, NotExecutedError) and error.status is not None:
        return unknown(name, f"{error}; ask again later")
    is_ours = isinstance(error, ConfigError | UnauthorizedError)
    code = error.code
    if isinstance(error, ForbiddenError) and code != "addon-off":
        code = "permission-missing"
    return failed(
        name,
        str(error),
        code=code,
        hint=READ_HINTS.get(code, error.hint),
        exit_code=ExitCode.CONFIG if is_ours else ExitCode.UNCHECKED,
    )
