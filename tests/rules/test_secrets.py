"""Nothing that looks like a key, and no person's address, lies in the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.rules.source import ROOT, tracked

SECRET = re.compile(
    r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{20,}"
    r"|\bsk_[A-Za-z0-9]{32,}"
    r"|\bwhsec_[A-Za-z0-9+/]{24,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bAKIA[A-Z0-9]{16}\b"
)
ADDRESS = re.compile(r"[\w.+-]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})\b")
# RFC 2606: nobody lives there.
RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid)$")
LOCKS = re.compile(r"^(?:uv|requirements.*)\.lock$")


def secrets_in(text: str) -> Iterator[str]:
    """Yield the start of each; a report must not repeat what it found."""
    yield from (f"{m.group()[:12]}…" for m in SECRET.finditer(text))


def addresses_in(text: str) -> Iterator[str]:
    for match in ADDRESS.finditer(text):
        if not RESERVED.search(match.group(1).lower()):
            yield match.group()


def texts() -> Iterator[tuple[str, str]]:
    """Yield the repository's text files; the locks are nothing but hashes."""
    for path in tracked():
        if not LOCKS.match(path):
            content = (ROOT / path).read_bytes()
            if b"\0" not in content:
                yield path, content.decode("utf-8", errors="replace")


def test_no_secret_is_in_the_repository() -> None:
    """Recordings and documents carry keys that are plainly fake, and short."""
    assert [(path, s) for path, text in texts() for s in secrets_in(text)] == []


def test_no_clear_address_is_in_the_repository() -> None:
    """Whoever is named in data or documents lives at an example domain."""
    assert [(path, a) for path, text in texts() for a in addresses_in(text)] == []


@pytest.mark.parametrize(
    "parts",
    [
        ("sk_", "live_", "a1B2" * 6),
        ("rk_", "test_", "a1B2" * 6),
        ("sk_", "a1B2" * 9),
        ("whsec_", "a1B2" * 8),
        ("eyJ", "hbGciOiJIUzI1NiJ9", ".eyJ", "zdWIiOiJ1c2VyIn0", ".", "c2lnbmF0dXJl"),
        ("-----BEGIN ", "RSA PRIVATE KEY-----"),
    ],
)
def test_a_secret_is_found(parts: tuple[str, ...]) -> None:
    """The counter-examples, in pieces so that this page holds none."""
    assert list(secrets_in(f"key: {''.join(parts)}\n"))


def test_a_short_fake_key_passes() -> None:
    """What tests and documents use."""
    assert list(secrets_in("sk_test_fake whsec_fake sk_live_0000")) == []


def test_a_clear_address_is_found() -> None:
    """The counter-example; example domains pass, also below a subdomain."""
    clear = "ada" + "@" + "eleva.care"

    assert list(addresses_in(f"to <{clear}>")) == [clear]
    assert list(addresses_in("ada@example.com, b@mail.example.org, c@d.test")) == []
    assert list(addresses_in("ada" + "@" + "notexample.com"))
