"""JSON as the sandbox stores and sends it: compact, in UTF-8, with exact integers."""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
# json.dumps would build one per call
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump(value: object) -> str:
    """Write a value as compact JSON text."""
    return _ENCODER.encode(value)


def load(text: str | bytes) -> Json:
    """Read an object from JSON text."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("a JSON object was expected")
    return value


def load_sent(text: str | bytes) -> Json:
    """Read what somebody sent; ValueError is for all that cannot be kept."""
    try:
        value = load(text)
        dump(value).encode()
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return value


def text_of(body: Mapping[str, Any], name: str) -> str | None:
    """Give a field when it is a non-empty string."""
    value = body.get(name)
    return value if isinstance(value, str) and value else None
