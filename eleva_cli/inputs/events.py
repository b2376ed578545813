"""Events from a file or a folder of files, one JSON object a line, as they were kept.

A file may also hold one event, a list of them, or a page as an API gives it. Texts are
private and large: they are read as a stream and let go. What is no event is told with
file and line, never with its text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from eleva_cli.errors import UsageError
from eleva_cli.plan import Finding, Severity
from eleva_cli.ports import RawEvent
from eleva_cli.webhook import Event
from eleva_cli.webhook.reading import raw_of, read

T = TypeVar("T", str, str | None)
LINES = (".jsonl", ".ndjson", ".jsonlines")
WHOLE = ".json"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST = 1 << 20  # bytes of one event; Stripe's largest have some ten thousand
LARGEST = 64 << 20  # bytes of a file that is no JSON lines, and is read whole
MOST_TOLD = 20
HINT = "one JSON object a line, as the service's API gives it, in UTF-8"


@dataclass(slots=True, kw_only=True)
class EventFiles:
    """
    The events of a file, or of the `.jsonl`, `.ndjson` and `.json` files of a folder.

    What is wrong is in `findings` (`event-text`) after reading, the first twenty one
    by one; `wrong` counts all. `skipped` are the folder's other files.
    """

    path: Path
    findings: list[Finding] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    wrong: int = 0
    read: int = 0

    def events(self) -> Iterator[Event]:
        """Yield each as a value without its text; `source` is the file's own path."""
        shared, sources = _Shared(), dict[Path, str]()
        for file, line, raw in self.raws():
            source = sources.get(file) or sources.setdefault(file, str(file.resolve()))
            try:
                yield shared.event(read(raw, source))
            except UsageError as error:  # not met: its outside was read
                self._tell(file, line, str(error))

    def raws(self) -> Iterator[tuple[Path, int, RawEvent]]:
        """
        Yield each with its file and line; of a file that is read whole, its number.

        Raises `UsageError` where a file cannot be read, or nothing in it is an event.
        """
        for file in self.files():
            for line, text in self._texts(file):
                try:
                    raw = raw_of(text)
                except UsageError as error:
                    self._tell(file, line, str(error))
                else:
                    self.read += 1
                    yield file, line, raw
        if self.wrong and not self.read:
            first = self.findings[0]
            raise UsageError(
                f"{first.subject}: {first.message}", code="event-text", hint=HINT
            )
        if self.wrong > MOST_TOLD:
            left = self.wrong - MOST_TOLD
            self.findings.append(_finding(str(self.path), f"{left:,} more are none"))

    def files(self) -> list[Path]:
        """Return the files by name; raises `UsageError` where there are none."""
        if not self.path.is_dir():
            return [self.path]
        try:
            # a link that leads nowhere is not silently passed over
            inside = self.path.iterdir()
            every = sorted(it for it in inside if it.is_file() or not it.exists())
        except OSError as error:
            raise _unreadable(self.path, error) from error
        found = [each for each in every if _is_ours(each)]
        self.skipped = [each.name for each in every if not _is_ours(each)]
        if not found:
            raise UsageError(
                f"{self.path} has no files of events",
                code="events-unreadable",
                hint="their names end in .jsonl, .ndjson or .json",
            )
        return found

    def _texts(self, file: Path) -> Iterator[tuple[int, str]]:
        """Yield number and text of what should be an event each."""
        try:
            if is_whole(file):
                yield from self._of_whole(file)
            else:
                yield from self._of_lines(file)
        except OSError as error:
            raise _unreadable(file, error) from error

    def _of_lines(self, file: Path) -> Iterator[tuple[int, str]]:
        with file.open("rb") as stream:
            number = 0
            while line := stream.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    self._tell(file, number, "the line is longer than an event can be")
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(LONGEST)
                    continue
                if text := self._text(file, number, line):
                    yield number, text

    def _text(self, file: Path, number: int, line: bytes) -> str | None:
        """Return a line's text; what is none is told, and an empty one is nothing."""
        try:
            text = line.removeprefix(BYTE_ORDER_MARK).decode("utf-8").strip()
        except UnicodeDecodeError:
            self._tell(file, number, "this is not UTF-8 text")
            return None
        if text and not line.endswith(b"\n") and not _is_json(text):
            self._tell(file, number, "this is half a line: the file ends in it")
            return None
        return text

    def _of_whole(self, file: Path) -> Iterator[tuple[int, str]]:
        if file.stat().st_size > LARGEST:
            self._tell(file, 1, "the file is too large for one that is no JSON lines")
            return
        try:
            found = json.loads(file.read_bytes().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self._tell(file, 1, "this is not UTF-8 text")
            return
        except (ValueError, RecursionError):
            self._tell(file, 1, "the file is not JSON, nor are its lines")
            return
        rows = found.get("data") if isinstance(found, dict) else found
        for number, row in enumerate(rows if isinstance(rows, list) else [found], 1):
            yield number, json.dumps(row, separators=(",", ":"))

    def _tell(self, file: Path, line: int, message: str) -> None:
        self.wrong += 1
        if self.wrong <= MOST_TOLD:
            self.findings.append(_finding(f"{file}:{line}", message))


@dataclass(slots=True)
class _Shared:
    """Keeps one copy of each text that many events have."""

    _seen: dict[str, str] = field(default_factory=dict)

    def event(self, event: Event) -> Event:
        """Return the event with its recurring texts shared."""
        return replace(
            event,
            type=self._one(event.type),
            object=self._one(event.object),
            status=self._one(event.status),
            price=self._one(event.price),
            version=self._one(event.version),
            source=self._one(event.source),
        )

    def _one(self, text: T) -> T:
        return text if text is None else self._seen.setdefault(text, text)


def _is_ours(file: Path) -> bool:
    is_hidden = file.name.startswith(".")
    return not is_hidden and file.suffix.casefold() in (*LINES, WHOLE)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _finding(subject: str, message: str) -> Finding:
    return Finding(
        code="event-text",
        severity=Severity.WARNING,
        subject=subject,
        message=f"{message}; it was left out",
        hint=HINT,
    )


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path}: cannot read it: {error.strerror or error}",
        code="events-unreadable",
        hint="check the path and its rights",
    )


def is_whole(file: Path) -> bool:
    """Tell whether a `.json` file is one value, and not lines of them in disguise."""
    if file.suffix.casefold() != WHOLE:
        return False
    with file.open("rb") as stream:
        first = stream.readline(LONGEST)
        more = stream.read(1)
    return not (more and id_of(first))


def id_of(line: bytes) -> str | None:
    try:
        return raw_of(line.removeprefix(BYTE_ORDER_MARK).decode("utf-8").strip()).id
    except (UnicodeDecodeError, UsageError):
        return None
