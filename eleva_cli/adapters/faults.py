"""What went wrong with one exchange, in the tool's own errors.

It reads the answer itself and not the SDKs' exceptions: those lose the headers of
an HTML page, and Stripe's leave `code` empty on most statuses.
"""

from __future__ import annotations

import re
import ssl
from typing import TypeVar

import httpx2

from eleva_cli.adapters.endpoints import template
from eleva_cli.adapters.exchange import NAMES, Exchange, Said, scrub
from eleva_cli.errors import (
    EndpointMissingError,
    ForbiddenError,
    InDoubtError,
    MissingError,
    NotExecutedError,
    RejectedError,
    RemoteError,
    ServerFaultError,
    UnauthorizedError,
)

E = TypeVar("E", bound=RemoteError)

LATER = "wait, then go on with the same command: nothing ran"
REREAD = "read the object before this is sent again: it may have been done"
READ_AGAIN = "try again later; nothing was changed by reading"
MISSING = "check the id, and that the key is of the same account and mode"
# The codes of a 404 that is about an object which the parameters name.
GONE = re.compile(r"_(?:missing|not_found|none)$")
# What WorkOS refuses of a membership's roles: its code -> ours and what to do.
ROLES = {
    "invalid_role": (
        "role-unknown",
        "make the role in WorkOS; `eleva catalog validate --remote` names all it lacks",
    ),
    "multiple_roles_not_enabled": (
        "multiple-roles-off",
        "allow several roles in the WorkOS Dashboard, or give the member one only",
    ),
    "sub_resource_scoped_role_not_allowed": (
        "role-out-of-scope",
        "name a role of organizations: this one is of a resource inside of them",
    ),
}


def refused(said: Said) -> RemoteError:
    """Return the error for an answer that is not a success."""
    if said.status >= 500:
        return _error(ServerFaultError, said, "server-fault", _hint(said.exchange))
    if said.status < 400:
        return _error(
            RejectedError,
            said,
            "redirected",
            "check the API base: something between here and the service redirects",
        )
    return _turned_away(said) or _stopped(said) or _rejected(said)


def _turned_away(said: Said) -> NotExecutedError | None:
    match said.status, said.code:
        case _, "lock_timeout":
            code = "object-locked"
        case 429, _:
            code = "rate-limited"
        case 400, "rate_limit":
            code = "rate-limited"
        case 409, _ if _is_in_use(said):
            code = "key-in-use"
        case 409, _ if said.may_repeat:
            code = "object-locked"
        case _:
            return None
    error = _error(NotExecutedError, said, code, LATER)
    error.retry_after_s = said.retry_after_s
    return error


def _is_in_use(said: Said) -> bool:
    """Tell a key whose request still runs; one of other content is answered 400."""
    return said.code == "idempotency_key_in_use" or said.kind == "idempotency_error"


def _stopped(said: Said) -> RemoteError | None:
    service = NAMES[said.exchange.service]
    match said.status:
        case 401:
            return _error(
                UnauthorizedError,
                said,
                "key-rejected",
                f"put a valid {service} key into the profile: it is wrong, expired "
                "or revoked",
            )
        case 403:
            return _error(
                ForbiddenError,
                said,
                "permission-missing",
                f"give the {service} key the permission for {said.exchange.method} "
                f"{scrub(said.exchange.path)}, or use another key",
            )
        case 422 if "stripe_customer_id is not enabled" in said.message:
            return _error(
                ForbiddenError,
                said,
                "addon-off",
                "in the WorkOS Dashboard: Authentication -> Add-ons -> Stripe -> "
                "Enable, for the environment of this key",
            )
        case 408:
            return _error(InDoubtError, said, "timed-out", _hint(said.exchange))
        case _:
            return None


def _rejected(said: Said) -> RejectedError:
    if said.status == 404 and _is_no_endpoint(said):
        service = NAMES[said.exchange.service]
        return _error(
            EndpointMissingError,
            said,
            "endpoint-missing",
            f"check the API base: {service} itself has this; nothing was changed",
        )
    if said.status == 404:
        return _error(
            MissingError,
            said,
            "not-found",
            MISSING,
        )
    if said.kind == "idempotency_error":
        return _error(
            RejectedError,
            said,
            "idempotency-mismatch",
            "the key was used with other content: plan again for a new one",
        )
    if said.code == "stripe_customer_id_already_used":
        return _error(
            RejectedError,
            said,
            "customer-already-linked",
            "find the organization that has this customer and decide which keeps it",
        )
    if said.status == 422 and said.code in ROLES:
        return _error(RejectedError, said, *ROLES[said.code])
    return _error(RejectedError, said, "rejected", "correct the object or leave it out")


def _is_no_endpoint(said: Said) -> bool:
    """Tell a list that is not there from an object: only an object is named by an id.

    Memberships are listed by their owner's id, which stands in no path.
    """
    if not said.exchange.is_read or GONE.search(said.code or ""):
        return False
    path = template(said.exchange.service, said.exchange.path)
    return "{id}" not in path and not path.endswith("/organization_memberships")


def _error(kind: type[E], said: Said, code: str, hint: str) -> E:
    error = kind(
        str(said),
        code=code,
        hint=hint,
        service=said.exchange.service,
        status=said.status,
        remote_code=said.code,
        request_id=said.request_id,
    )
    error.replayed = said.replayed
    return error


def unanswered(exchange: Exchange, error: httpx2.HTTPError) -> RemoteError:
    """Return the error for an exchange that ended without a whole answer."""
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.ProxyError():
            return _unreachable(exchange, error)
        case httpx2.PoolTimeout() | httpx2.UnsupportedProtocol():
            return NotExecutedError(
                f"{exchange} was not sent ({type(error).__name__})",
                code="not-sent",
                hint=LATER,
                service=exchange.service,
            )
        case httpx2.LocalProtocolError():
            return RejectedError(
                f"{exchange} was not sent: it is no valid request",
                code="not-sent",
                hint="report this as a bug of the tool",
                service=exchange.service,
            )
        case httpx2.TimeoutException():
            return in_doubt(exchange, "timed-out", "sent, and not answered in time")
        case _:
            return in_doubt(
                exchange, "cut-off", f"the answer broke off ({type(error).__name__})"
            )


def _unreachable(exchange: Exchange, error: httpx2.HTTPError) -> NotExecutedError:
    is_tls = _is_tls(error)
    failure = NotExecutedError(
        f"{exchange} was not sent: "
        + ("no trusted TLS connection" if is_tls else "no connection")
        + f" ({scrub(str(error)) or type(error).__name__})",
        code="tls-failure" if is_tls else "unreachable",
        hint="check the certificates of this machine and of what is in between"
        if is_tls
        else "check the network, the proxy and the API base; nothing ran",
        service=exchange.service,
    )
    failure.unreachable = True
    return failure


def put_off(exchange: Exchange, seconds: float) -> NotExecutedError:
    """Return the error for a request that would have to wait too long to be sent."""
    error = NotExecutedError(
        f"{exchange} was not sent: {NAMES[exchange.service]} asked to wait "
        f"{seconds:,.0f} s more",
        code="rate-limited",
        hint=LATER,
        service=exchange.service,
    )
    error.retry_after_s = seconds
    return error


def in_doubt(
    exchange: Exchange, code: str, why: str, *, request_id: str | None = None
) -> InDoubtError:
    """Return the error for a request that may have run: we cannot read the answer."""
    return InDoubtError(
        f"{exchange}: {why}",
        code=code,
        hint=_hint(exchange),
        service=exchange.service,
        request_id=request_id,
    )


def missing(exchange: Exchange, request_id: str | None) -> MissingError:
    """Return the error for a success that says that the object was deleted."""
    return MissingError(
        f"{exchange}: it was deleted",
        code="not-found",
        hint=MISSING,
        service=exchange.service,
        request_id=request_id,
    )


def _hint(exchange: Exchange) -> str:
    return READ_AGAIN if exchange.is_read else REREAD


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
