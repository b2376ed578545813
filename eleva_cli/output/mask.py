"""Hide what must not be read: e-mail addresses and credentials.

This is for display and logs. It masks too much rather than too little, and says
nothing about whether an address or a key is valid. It imports nothing heavy.
"""

from __future__ import annotations

import re

HIDDEN = "***"
LONGEST = 24

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
    (
        re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{8,}(?:\.[\w-]*){0,2}", re.ASCII),
        f"eyJ{HIDDEN}",
    ),
)


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


def scrub(text: str) -> str:
    """Mask every e-mail address, key, token and webhook secret within a text."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    if "@" not in text and "%40" not in text:
        return text
    return _EMAIL.sub(_mask_found, text)


def _mask_found(found: re.Match[str]) -> str:
    # A query string spells the sign as %40; a quoted local part starts with a quote.
    return mask_email(found[0].replace("%40", "@").removeprefix('"'))
