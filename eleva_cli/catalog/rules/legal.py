"""What can be a key, in Stripe and in WorkOS."""

from __future__ import annotations


def unusable(key: str, longest: int) -> str:
    """Say what keeps a text from being a key, "" for nothing."""
    if len(key) > longest:
        return f"has at most {longest} characters, this one has {len(key)}"
    if not key.strip():
        return "is not empty"
    if key != "".join(key.split()) or not key.isprintable():
        return "has no spaces or line breaks in it"
    return ""
