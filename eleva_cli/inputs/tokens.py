"""Access tokens from a file or standard input, one after the other.

One token a line, a JSON object a line, or one JSON array of either. An object holds a
`token` or `access_token`, or is the application's export of claims that nobody
signed. A complaint names file and line and never repeats what stands there.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from eleva_cli.chain import tokens
from eleva_cli.errors import UsageError
from eleva_cli.inputs.elements import LONGEST, Elements
from eleva_cli.ports import Claim

Verify = Callable[[str], Claim]

STDIN = "-"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
FIELDS = ("token", "access_token")

_TOKEN = re.compile(r"\S+\.\S*\.\S*")


def source_of(name: str, stdin: TextIO) -> Path | TextIO:
    """Return what `--tokens` names, `-` being standard input."""
    return stdin if name == STDIN else Path(name)


def read(
    source: Path | TextIO,
    verify: Verify,
    *,
    now: float,
    unsigned_claims: bool = False,
) -> Iterator[Claim]:
    """
    Yield what each token says, with its line, in the order of the file.

    A token that proves nothing is a claim with a problem; raise `UsageError` with a
    `tokens-…` code where the file itself is wrong, or holds claims without a
    signature and `unsigned_claims` is not set: `now` says which of those are over.
    """
    file = _File(
        name=str(source) if isinstance(source, Path) else "standard input",
        verify=verify,
        now=now,
        unsigned_claims=unsigned_claims,
    )
    is_empty = True
    with file.opened(source) as stream:
        for line, piece in file.pieces(stream):
            is_empty = False
            yield replace(file.claim(line, piece), line=line)
    if is_empty:
        raise file.fail("empty", "it holds no token", "write one access token a line")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    name: str
    verify: Verify
    now: float
    unsigned_claims: bool

    def fail(self, what: str, message: str, hint: str, line: int = 0) -> UsageError:
        place = f"{self.name}:{line}" if line else self.name
        return UsageError(f"{place}: {message}", code=f"tokens-{what}", hint=hint)

    @contextmanager
    def opened(self, source: Path | TextIO) -> Iterator[TextIO]:
        """Open it once, as it may be a pipe; standard input stays open."""
        hint = "save it as UTF-8 text"
        try:
            if not isinstance(source, Path):
                yield source
                return
            with source.open("rb") as file:
                if file.peek(2)[:2] in UTF_16:
                    raise self.fail("encoding", "it is UTF-16 text", hint)
                yield io.TextIOWrapper(file, encoding="utf-8-sig")
        except UnicodeDecodeError:
            # `from None` here and below: these errors hold what was read.
            raise self.fail("encoding", "it is not UTF-8 text", hint) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            hint = "check the path and its rights"
            raise self.fail("unreadable", f"cannot read it: {reason}", hint) from error

    def pieces(self, stream: TextIO) -> Iterator[tuple[int, object]]:
        """Yield every token and object with its line, holding no more than one."""
        is_first = True
        for number, line in self._lines(stream):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            if is_first and text.startswith("["):
                yield from Elements(self, stream, line, number).pieces()
                return
            is_first = False
            yield number, self._piece(text, number)

    def _lines(self, stream: TextIO) -> Iterator[tuple[int, str]]:
        number = 0
        while line := stream.readline(LONGEST + 1):
            number += 1
            text = line.removeprefix("\ufeff") if number == 1 else line
            if "\0" in text:
                hint = "save it as UTF-8 text"
                raise self.fail("encoding", "this is no text", hint, number)
            # An array may stand on one line; it is read on in parts.
            if len(text) > LONGEST and not text.lstrip().startswith("["):
                raise self.too_long(number)
            yield number, text

    def _piece(self, text: str, line: int) -> object:
        if text[0] not in '{"[':
            if _TOKEN.fullmatch(text):
                return text
            raise self.syntax("neither an access token nor JSON", line)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self.syntax("this is no JSON", line) from None

    def claim(self, line: int, piece: object) -> Claim:
        """Return what a token or an exported claim says."""
        if isinstance(piece, str):
            return self.verify(piece)
        if not isinstance(piece, dict):
            raise self.syntax("neither a token nor an object", line)
        token = next((piece[name] for name in FIELDS if name in piece), None)
        if isinstance(token, str):
            return self.verify(token)
        if token is not None or "sub" not in piece:
            raise self.fail(
                "row",
                "the object holds neither a token nor the claims of one",
                'write {"token": "…"} or {"sub": "user_…", "org_id": "org_…", …}',
                line,
            )
        if not self.unsigned_claims:
            raise self.fail(
                "unsigned",
                "these are claims without a signature: whoever wrote them is believed",
                "give the tokens; or vouch for the file with --unsigned-claims",
                line,
            )
        return tokens.of_export(piece, now=self.now)

    def syntax(self, message: str, line: int) -> UsageError:
        hint = "one access token or one JSON object a line, or one JSON array"
        return self.fail("syntax", message, hint, line)

    def too_long(self, line: int) -> UsageError:
        message = f"more than {LONGEST} characters, and no token has so many"
        return self.fail("line", message, "one access token a line", line)
