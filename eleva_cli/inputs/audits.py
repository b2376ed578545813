"""An audit that was kept: what `eleva verify --format json` wrote, read back.

Only what a comparison needs; keys that a later version adds are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eleva_cli.errors import UsageError
from eleva_cli.plan import Severity
from eleva_cli.standing.comparing import Look, PastFlaw

SCHEMA = 1
MAKE = "write one with: eleva verify --format json > FILE"


def read(path: Path) -> Look:
    """Return one audit; raises `UsageError` with a `diff-…` code."""
    envelope = _envelope(path)
    if envelope.get("schema", 0) != SCHEMA:
        hint = "compare with that version of eleva"
        raise _fail(path, "newer", "this version does not know its form", hint)
    data = envelope.get("data")
    audit = data.get("audit") if isinstance(data, dict) else None
    if not isinstance(audit, dict):
        message = "it holds no audit: it is of another command, or of one that failed"
        raise _fail(path, "foreign", message, MAKE)
    try:
        return _look(str(path), audit, envelope.get("findings", []))
    except (KeyError, TypeError, ValueError) as error:
        message = f"not as eleva wrote it: {type(error).__name__} at {error}"
        raise _fail(path, "foreign", message, MAKE) from error


def read_both(before: Path, after: Path) -> tuple[Look, Look]:
    """Return two audits of one account and mode; raises `UsageError`."""
    first, second = read(before), read(after)
    if (first.account, first.mode) == (second.account, second.mode):
        return first, second
    raise _fail(
        after,
        "account",
        f"of {second.account} ({second.mode}), while {before} is of"
        f" {first.account} ({first.mode})",
        "compare two audits of one account",
    )


def _envelope(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        reason = f"cannot read it: {error.strerror or error}"
        hint = "check the path and its rights"
        raise _fail(path, "unreadable", reason, hint) from error
    except json.JSONDecodeError as error:
        reason = f"this is no JSON: {error.msg}"
        raise _fail(path, "syntax", reason, MAKE, error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise _fail(path, "syntax", "this is no JSON", MAKE) from error
    if not isinstance(found, dict) or "schema" not in found:
        raise _fail(path, "foreign", "this is no answer of eleva", MAKE)
    return found


def _look(name: str, audit: Mapping[str, Any], findings: list[Any]) -> Look:
    # findings on the audit itself, as on waivers, have no fingerprint
    flaws = [_flaw(one) for one in findings if "fingerprint" in one]
    return Look(
        name=name,
        account=str(audit["account"]),
        mode=str(audit["mode"]),
        ended_at=int(audit["ended_at"]),
        partial=str(audit["partial"]),
        flaws={one.fingerprint: one for one in flaws},
    )


def _flaw(found: Mapping[str, Any]) -> PastFlaw:
    return PastFlaw(
        fingerprint=str(found["fingerprint"]),
        code=str(found["code"]),
        severity=Severity(found["severity"]),
        stand=str(found["stand"]),
        standing=str(found["standing"]),
        counts=found["counts"] is True,
        subject=str(found["subject"]),
        user=_name(found["user"]),
        customer=_name(found["customer"]),
        monthly={code: int(paid) for code, paid in found["monthly"].items()},
    )


def _name(value: object) -> str | None:
    return None if value is None else str(value)


def _fail(path: Path, what: str, message: str, hint: str, line: int = 0) -> UsageError:
    place = f"{path}:{line}" if line else str(path)
    return UsageError(f"{place}: {message}", code=f"diff-{what}", hint=hint)
