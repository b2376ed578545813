"""Plays a cassette, or records one: matched strictly, and played to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.cassettes import scrub

FOLDER = Path(__file__).parents[2] / "cassettes"
SOURCE = "recorded_from"
# Only this library makes our requests; the others need not be patched.
OTHERS = ("httplib", "requests", "boto3", "urllib3", "httplib2", "tornado", "aiohttp",
          "httpx")  # fmt: skip


class CassetteError(AssertionError):
    """A cassette that is not there, or was not played as it was recorded."""


def deck() -> Any:
    """Set up the recorder; it is imported by those who play, and by nobody else."""
    import vcr

    made = vcr.VCR(
        before_record_request=scrub.request,
        before_record_response=scrub.response,
        decode_compressed_response=True,
        record_on_exception=False,
        skip_patchers=OTHERS,
        match_on=("method", "path", "query", "said"),
    )
    made.register_matcher("said", same_body)
    return made


def same_body(one: Any, other: Any) -> None:
    """Compare bodies as what they say: the order of names is nobody's business."""
    said, recorded = meaning(one), meaning(other)
    assert said == recorded, f"sent {said}, recorded {recorded}"


def meaning(request: Any) -> object:
    """Read a body: JSON, a form, or bytes."""
    body = request.body or b""
    if "form" in request.headers.get("content-type", ""):
        return sorted(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        return json.loads(body)
    except ValueError:
        return body


@contextmanager
def playing(path: Path) -> Iterator[Any]:
    """Play a cassette; raise `CassetteError` unless each answer is asked for."""
    if not path.is_file():
        raise CassetteError(f"{path.name} was not recorded: make record")
    with deck().use_cassette(path, record_mode="none") as cassette:
        yield cassette
    check(cassette)


def check(cassette: Any) -> None:
    """Raise where something was not played, or there was nothing to play."""
    if not len(cassette):
        raise CassetteError(f"{Path(cassette.path).name} holds nothing")
    left = [
        f"{request.method} {request.path}"
        for index, request in enumerate(cassette.requests)
        if not cassette.play_counts[index]
    ]
    if left:
        name = Path(cassette.path).name
        raise CassetteError(f"{name} was not played in full: {', '.join(left)}")


@contextmanager
def recording(path: Path, source: str) -> Iterator[Any]:
    """Record a cassette anew, with the name of who answered."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with deck().use_cassette(path, record_mode="all") as cassette:
        cassette.get_metadata(SOURCE, source)
        yield cassette
    if not len(cassette):
        path.unlink(missing_ok=True)
        raise CassetteError(f"{path.name}: the test asked for nothing")


def source_of(path: Path) -> str:
    """Tell who answered when a cassette was recorded."""
    from vcr.persisters.filesystem import FilesystemPersister
    from vcr.serializers import yamlserializer

    _, _, *more = FilesystemPersister.load_cassette(path, yamlserializer)
    return str(more[0][SOURCE]) if more else ""
