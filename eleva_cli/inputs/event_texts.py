"""The texts of single events, found again in files when they are to be sent on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eleva_cli.errors import UsageError
from eleva_cli.inputs.events import BYTE_ORDER_MARK, EventFiles, id_of, is_whole
from eleva_cli.webhook.reading import raw_of

# Where an event's line begins and how long it is; a file that is no JSON lines is
# small, and what stands in it is kept.
Place = tuple[int, int] | str


def places_in(source: str) -> Mapping[str, Place]:
    """Say where each event of a file stands, by id; nothing where it is not there."""
    path = Path(source)
    try:
        if is_whole(path):
            return {raw.id: raw.text for _, _, raw in EventFiles(path=path).raws()}
        return _lines_of(path)
    except (OSError, UsageError):
        return {}


def _lines_of(path: Path) -> Mapping[str, Place]:
    found: dict[str, Place] = {}
    at = 0
    with path.open("rb") as stream:
        for line in stream:
            name = id_of(line)
            # of one that stands there twice the last counts, unless it is half a line
            if name is not None and (line.endswith(b"\n") or name not in found):
                found[name] = (at, len(line))
            at += len(line)
    return found


def text_at(source: str, event_id: str, place: Place | None) -> str | None:
    """Return an event's JSON as it stands there, `None` where it is not any more."""
    if place is None or isinstance(place, str):
        return place
    try:
        with Path(source).open("rb") as stream:
            stream.seek(place[0])
            line = stream.read(place[1])
    except OSError:
        return None
    text = line.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "replace").strip()
    return text if _is_of(text, event_id) else None


def _is_of(text: str, event_id: str) -> bool:
    """The file may have been written anew since it was gone through."""
    try:
        return raw_of(text).id == event_id
    except UsageError:
        return False
