"""Every way the tool can fail, and the exit status each one ends in.

An error says what happened, to which object, and what to do now.
This module knows nothing of terminals, formats, SDKs or HTTP libraries.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What a finished process tells its caller; the same in every format."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    FINDINGS = 3
    REFUSED = 4
    PARTIAL = 5
    UNCHECKED = 6
    CONFIG = 10
    LOCKED = 11
    BUG = 70
    INTERRUPTED = 130


PRECEDENCE = (
    ExitCode.BUG,
    ExitCode.CONFIG,
    ExitCode.UNCHECKED,
    ExitCode.PARTIAL,
    ExitCode.REFUSED,
    ExitCode.FINDINGS,
    ExitCode.DONE,
)


def worst(*codes: ExitCode) -> ExitCode:
    """Return the code that wins when several apply; outside the order, the first."""
    for code in codes:
        if code not in PRECEDENCE:
            return code
    return min(codes, key=PRECEDENCE.index, default=ExitCode.DONE)


class ElevaError(Exception):
    """A failure with a stable code, the exit status it ends in, and its remedy."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


class UsageError(ElevaError):
    """The input is wrong: a flag, a file, a row."""

    exit_code = ExitCode.USAGE


class SafetyError(ElevaError):
    """We could, and will not without being told to."""

    exit_code = ExitCode.REFUSED


class ConfigError(ElevaError):
    """Keys, profile or local state are missing, contradictory or not ours."""

    exit_code = ExitCode.CONFIG


class LockedError(ElevaError):
    """Another run is at work."""

    exit_code = ExitCode.LOCKED


class UncheckedError(ElevaError):
    """What we wanted to know could not be read."""

    exit_code = ExitCode.UNCHECKED


class PartialError(ElevaError):
    """The run stopped with work left; the hint is the command that goes on."""

    exit_code = ExitCode.PARTIAL


class InterruptedRunError(ElevaError):
    """The operator stopped the run; the journal is consistent."""

    exit_code = ExitCode.INTERRUPTED


class BugError(ElevaError):
    """The tool itself is at fault."""

    exit_code = ExitCode.BUG


class RemoteError(ElevaError):
    """
    A service did not do what was asked.

    `service` is "stripe" or "workos"; `status` is the HTTP status, `None` where
    there was no answer; `remote_code` is the service's own error code; `replayed`
    tells that the answer was stored under the key and nothing was tried now.
    """

    exit_code = ExitCode.UNCHECKED
    replayed: bool = False

    def __init__(  # noqa: PLR0913 - the facts of one answer, all by name
        self,
        message: str,
        *,
        code: str,
        service: str,
        hint: str = "",
        status: int | None = None,
        remote_code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.service = service
        self.status = status
        self.remote_code = remote_code
        self.request_id = request_id


class NotExecutedError(RemoteError):
    """
    The request was turned away before anything ran; the same key may be sent again.

    A rate limit (429), a lock time-out, or a connection that never opened.
    `retry_after_s` is what the service asked for, `None` where it said nothing.
    `unreachable` tells a connection that never opened from an answer.
    """

    retry_after_s: float | None = None
    unreachable: bool = False


class InDoubtError(RemoteError):
    """The request went out and no usable answer came back: it may have run."""


class ServerFaultError(RemoteError):
    """The service answered 5xx: it may have run, and Stripe stores that answer."""


class NotTakenError(RemoteError):
    """A destination answered, and not with 2xx: the event is its sender's still."""


class RejectedError(RemoteError):
    """The service understood and said no (4xx); sending it again will not help."""

    exit_code = ExitCode.FAILED


class MissingError(RejectedError):
    """The object is not there (404), deleted objects included."""


class EndpointMissingError(RejectedError):
    """The service has no such list (404): that says nothing of any object."""

    exit_code = ExitCode.UNCHECKED


class ForbiddenError(RemoteError):
    """The key may not do this (403), or a feature is off for the environment."""


class UnauthorizedError(RemoteError):
    """The key is wrong, expired or revoked (401)."""

    exit_code = ExitCode.CONFIG


class LeaseLostError(ElevaError):
    """Somebody else may own this lane by now: nothing more may be sent for it."""

    exit_code = ExitCode.LOCKED
