"""Hide what must not be read: e-mail addresses, credentials and, in CI, ids.

This is for display and logs. It masks too much rather than too little, and says
nothing about whether an address or a key is valid. It imports nothing heavy.
"""

from __future__ import annotations

import re

HIDDEN = "***"
LONGEST = 24
LEFT_OF_ID = 4
LONG_ID = 14  # so much stands behind the prefix of Stripe's ids; WorkOS's have 26

_DOTS = re.compile(r"[.。．｡]")  # noqa: RUF001 - an IDN may use any of these

_NOT_IN_ADDRESS = r"\s@<>\"'`(),:;\[\]{}\\|=&?"
# The bound on the local part keeps the search linear in a text without spaces.
_EMAIL = re.compile(
    rf"(?:\"[^\"\n]{{1,64}}\"|[^{_NOT_IN_ADDRESS}/%]{{1,64}})(?:@|%40)"
    rf"[^{_NOT_IN_ADDRESS}/%]*[^{_NOT_IN_ADDRESS}/%.!…]",
    re.IGNORECASE,
)
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"//[^/\s:@]*:[^/\s@]+@"), f"//{HIDDEN}@"),
    (
        re.compile(
            r"(authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?)"
            r"[^\s\"',}]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/*-]{8,}=*", re.IGNORECASE),
        rf"\1 {HIDDEN}",
    ),
    (re.compile(r"(?<![A-Za-z0-9])whsec_[\w+/=*-]+"), f"whsec_{HIDDEN}"),
    (
        re.compile(r"(?<![A-Za-z0-9])([sr]k_(?:live_|test_)?)[\w*-]+", re.ASCII),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"_secret_[A-Za-z0-9*]+"), f"_secret_{HIDDEN}"),
    # whoever has the address of an incoming webhook can write to its channel
    (
        re.compile(r"(//hooks\.slack(?:-gov)?\.com/)[^\s\"'<>]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{8,}(?:\.[\w-]*){0,2}", re.ASCII),
        f"eyJ{HIDDEN}",
    ),
    # Whoever makes one with blanks in its JSON makes another beginning.
    (
        re.compile(
            r"(?<![A-Za-z0-9])e[wy][\w-]{8,}\.e[wy][\w-]{8,}(?:\.[\w-]*)?", re.ASCII
        ),
        f"eyJ{HIDDEN}",
    ),
)

# An id is a prefix and a random part; names of features and metadata look alike.
# The bounds on the prefix keep the search linear in a text of nothing but prefixes.
_ID = re.compile(
    r"(?<![A-Za-z0-9])([a-z]{2,20}(?:_[a-z]{1,20}){0,3}_)([A-Za-z0-9]+)", re.ASCII
)
_ODD = re.compile("[A-Z0-9]")
_OBJECTS = frozenset({
    "acct_", "cus_", "evt_", "in_", "om_", "org_", "req_", "si_", "sub_", "user_",
})  # fmt: skip


def mask_email(text: str) -> str:
    """
    Return an address as `a***@e***.com`: recognizable to who knows it, to nobody else.

    The length of what is hidden does not show, and the mask has at most 24
    characters, whatever the top-level domain.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at:
        return f"{domain[:1]}{HIDDEN}" if domain else ""
    labels = _DOTS.split(domain)
    top = f".{labels[-1]}" if len(labels) > 1 else ""
    mask = f"{local[:1]}{HIDDEN}@{domain[:1]}{HIDDEN}{top}"
    return mask if len(mask) <= LONGEST else mask[: LONGEST - 1] + "…"


def mask_ids(text: str) -> str:
    """
    Cut every id within a text to its prefix and last four: `cus_…a1f3`.

    Of a short one less is left, so that it is never told whole.
    """
    return _ID.sub(_id_found, text) if "_" in text else text


def hide_secrets(text: str) -> str:
    """Mask every key, token and webhook secret within a text."""
    if not _may_hold_secrets(text):
        return text
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def scrub(text: str) -> str:
    """Mask every e-mail address, key, token and webhook secret within a text."""
    text = hide_secrets(text)
    if "@" not in text and "%40" not in text:
        return text
    return _EMAIL.sub(_mask_found, text)


def _mask_found(found: re.Match[str]) -> str:
    # A query string spells the sign as %40; a quoted local part starts with a quote.
    return mask_email(found[0].replace("%40", "@").removeprefix('"'))


def _may_hold_secrets(text: str) -> bool:
    """Look for what stands in each kind: five times as fast as their patterns."""
    text = text.lower()
    return (
        "//" in text
        or "k_" in text
        or "eyj" in text
        or ".ew" in text
        or ".ey" in text
        or "whsec_" in text
        or "_secret_" in text
        or "bearer" in text
        or "basic" in text
        or "authorization" in text
    )


def _id_found(found: re.Match[str]) -> str:
    prefix, random = found.groups()
    has_odd = _ODD.search(random) is not None
    is_id = has_odd if prefix in _OBJECTS else has_odd and len(random) >= LONG_ID
    if not is_id and not (prefix in _OBJECTS and len(random) >= LONG_ID):
        return found[0]
    left = min(LEFT_OF_ID, len(random) // 3)
    return f"{prefix}…{random[len(random) - left :]}"
