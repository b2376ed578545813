"""Both services' ways to say no, in their own shapes and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eleva_cli.sandbox.wire import RefusedError

if TYPE_CHECKING:
    from eleva_cli.sandbox.jsons import Json

_NOUNS = {"webhook_endpoint": "webhook endpoint"}


def invalid(  # noqa: PLR0913  # the fields of Stripe's error object
    message: str,
    *,
    status: int = 400,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
    is_stored: bool = True,
) -> RefusedError:
    """Refuse as Stripe does."""
    error: Json = {"message": message, "type": kind}
    if code is not None:
        error["code"] = code
        error["doc_url"] = f"https://stripe.com/docs/error-codes/{code}"
    if param is not None:
        error["param"] = param
    return RefusedError(status, {"error": error}, is_stored=is_stored)


def no_such(
    kind: str, object_id: str, *, param: str = "id", seen_by: str | None = None
) -> RefusedError:
    """Say that Stripe has no such object; as a parameter's value that is a 400.

    `seen_by` is the mode of the key when the other mode has an object of that id.
    """
    message = f"No such {_NOUNS.get(kind, kind)}: '{object_id}'"
    if seen_by is not None:
        other = "live" if seen_by == "test" else "test"
        message += (
            f"; a similar object exists in {other} mode, but a {seen_by} mode key"
            " was used to make this request."
        )
    return invalid(
        message,
        status=404 if param == "id" else 400,
        code="resource_missing",
        param=param,
    )


def locked() -> RefusedError:
    """Say that an object is busy: a 429 that no limiter gave."""
    return invalid(
        "This object cannot be accessed right now because another API request or"
        " Stripe process is currently accessing it. If you see this error"
        " intermittently, retry the request. If you see this error frequently and are"
        " making multiple concurrent requests to a single object, make your requests"
        " serially or at a lower rate.",
        status=429,
        code="lock_timeout",
        is_stored=False,
    )


def denied(
    status: int,
    message: str,
    *,
    code: str | None = None,
    errors: list[Json] | None = None,
    error: str | None = None,
) -> RefusedError:
    """Refuse as WorkOS does."""
    body: Json = {"message": message}
    if code is not None:
        body["code"] = code
    if errors is not None:
        body["errors"] = errors
    if error is not None:
        body["error"] = error
    return RefusedError(status, body)


def not_found(noun: str, object_id: str) -> RefusedError:
    """Say that WorkOS has no such object."""
    message = f"{noun} not found: '{object_id}'."
    return denied(404, message, code="entity_not_found")


def unfit_field(field: str, message: str, *, code: str) -> RefusedError:
    """Say that WorkOS cannot take a field's value."""
    errors: list[Json] = [{"field": field, "code": code, "message": message}]
    return denied(
        422, "Validation failed.", code="invalid_request_parameters", errors=errors
    )
