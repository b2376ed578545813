"""Access tokens as a file or standard input brings them."""

from __future__ import annotations

import io
import json
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eleva_cli.chain.tokens import named
from eleva_cli.errors import ElevaError, ExitCode, RemoteError, UsageError
from eleva_cli.inputs.tokens import read, source_of
from eleva_cli.ports import Claim

NOW = 1_700_000_000
# Three parts, as a token has, and none of it JSON: only the checker looks inside.
ANA, BEN = "aaaa.bbbb.cccc", "dddd.eeee.ffff"
EXPORT = {
    "sub": "user_1",
    "org_id": "org_1",
    "role": "expert_top",
    "entitlements": ["events_create"],
    "iat": NOW - 10,
    "exp": NOW + 290,
}


def claim(token: str) -> Claim:
    """Stand in for the checker: the first letters are the user."""
    return Claim(
        user=f"user_{token[:4]}",
        organization=None,
        entitlements=None,
        role=None,
        issued_at=NOW,
        expires_at=NOW + 300,
    )


def found(text: str, *, unsigned: bool = False) -> list[tuple[int, str]]:
    stream = io.StringIO(text)
    claims = read(stream, claim, now=NOW, unsigned_claims=unsigned)
    return [(it.line, it.user) for it in claims]


def refusal(source: str | Path, *, unsigned: bool = False) -> UsageError:
    given = io.StringIO(source) if isinstance(source, str) else source
    with pytest.raises(UsageError) as caught:
        list(read(given, claim, now=NOW, unsigned_claims=unsigned))
    assert caught.value.hint
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value


ANN, BENN = "user_aaaa", "user_dddd"
BOTH = [(1, ANN), (2, BENN)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{ANA}\n{BEN}\n", BOTH),
        (f"\ufeff{ANA}\r\n{BEN}", BOTH),
        (f'"{ANA}"\n"{BEN}"', BOTH),
        (f'{{"token": "{ANA}"}}\n{{"access_token": "{BEN}", "user": {{}}}}', BOTH),
        (f"# of today\n\n  {ANA}  \n", [(3, ANN)]),
        (f'["{ANA}", "{BEN}"]', [(1, ANN), (1, BENN)]),
        (f'[\n"{ANA}"\n,\n {{"token":\n"{BEN}"}}\n]\n', [(2, ANN), (4, BENN)]),
        (f'\n\n[{{"token": "{ANA}"}}]', [(3, ANN)]),
    ],
)  # fmt: skip
def test_every_form_reads_the_same(text: str, wanted: list[tuple[int, str]]) -> None:
    """Tokens, JSON lines, an array on one line or on many."""
    assert found(text) == wanted


def test_exported_claims_are_marked() -> None:
    """With the flag only, and judged like a token's: by time and by shape."""
    rows = [
        EXPORT,
        {**EXPORT, "exp": NOW - 60},
        {**EXPORT, "entitlements": "all"},
        {**EXPORT, "sub": "me"},
        {"sub": "user_2", "iat": NOW, "exp": NOW + 1},
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    first, *others = read(io.StringIO(text), claim, now=NOW, unsigned_claims=True)

    assert first == Claim(
        user="user_1",
        organization="org_1",
        entitlements=frozenset({"events_create"}),
        role="expert_top",
        issued_at=NOW - 10,
        expires_at=NOW + 290,
        source="unsigned-export",
        line=1,
    )
    assert [it.problem for it in others] == [
        "token-expired",
        "token-malformed",
        "token-without-user",
        None,
    ]
    assert {it.source for it in others} == {"unsigned-export"}


def test_exported_claims_need_somebody_to_vouch() -> None:
    """A file with tokens and one unsigned row is refused at that row."""
    said = refusal(f"{ANA}\n{json.dumps(EXPORT)}\n")

    assert said.code == "tokens-unsigned"
    assert "standard input:2" in str(said)
    assert "--unsigned-claims" in said.hint


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "tokens-empty", 0),
        ("# nothing\n\n", "tokens-empty", 0),
        ("[ ]", "tokens-empty", 0),
        (f"{ANA}\nuser_1,hunter2\n", "tokens-syntax", 2),
        (f"{ANA}\nBearer {BEN}\n", "tokens-syntax", 2),
        (f'{{"token": "{ANA}"\n', "tokens-syntax", 1),
        (f'{ANA}\n["{BEN}"]', "tokens-syntax", 2),
        ('{"a":' + "[" * 20_000, "tokens-syntax", 1),
        ('{"iat":' + "9" * 6_000 + "}", "tokens-syntax", 1),
        ('{"user": "hunter2"}', "tokens-row", 1),
        ('{"token": null}', "tokens-row", 1),
        ('{"token": {"a": "hunter2"}}', "tokens-row", 1),
        (f"{ANA}\n" + "x" * 70_000, "tokens-line", 2),
        (f"{ANA}\0", "tokens-encoding", 1),
        (f'["{ANA}",\n 7]', "tokens-syntax", 2),
        (f'["{ANA}",\n ["{BEN}"]]', "tokens-syntax", 2),
        (f'["{ANA}"\n "{BEN}"]', "tokens-syntax", 2),
        (f'["{ANA}",\n', "tokens-syntax", 2),
        (f'["{ANA}",\n "hunter2', "tokens-syntax", 2),
        (f'["{ANA}"]\n{BEN}', "tokens-syntax", 2),
        ('[\n{"a":' + "[" * 20_000, "tokens-syntax", 2),
        ('[\n"' + "x" * 200_000, "tokens-line", 2),
    ],
)
def test_what_is_wrong_is_named_by_its_line_alone(
    text: str, code: str, line: int
) -> None:
    """No message repeats what stands there."""
    said = refusal(text)

    assert said.code == code
    place = f"standard input:{line}" if line else "standard input"
    assert str(said).startswith(f"{place}: ")
    shown = repr(said) + said.hint
    assert not [it for it in ("aaaa", "dddd", "hunter2", "xxxx") if it in shown]
    # A report of a crash would print the chain.
    assert said.__cause__ is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"{ANA}\n".encode("utf-16"), "tokens-encoding"),
        (f"{ANA}\n".encode() + b"\xff\xfe\xfa.a.b\n", "tokens-encoding"),
        (None, "tokens-unreadable"),
    ],
)
def test_a_file_that_is_no_text_is_said_so(
    tmp_path: Path, content: bytes | None, code: str
) -> None:
    """As are those that are not there."""
    path = tmp_path / "tokens.txt"
    if content is not None:
        path.write_bytes(content)

    said = refusal(path)

    assert (said.code, str(path) in str(said)) == (code, True)


def test_a_file_and_a_pipe_are_read(tmp_path: Path) -> None:
    """A pipe cannot be opened twice, as `--tokens <(…)` is one."""
    path, pipe = tmp_path / "tokens", tmp_path / "pipe"
    path.write_text(f"\ufeff{ANA}\n{BEN}", encoding="utf-8")
    os.mkfifo(pipe)
    writing = threading.Thread(target=lambda: pipe.write_text(f"{ANA}\n{BEN}\n"))
    writing.start()
    read_from = [list(read(it, claim, now=NOW)) for it in (path, pipe)]
    writing.join()

    assert [[(it.line, it.user) for it in claims] for claims in read_from] == [BOTH] * 2


def test_a_dash_is_standard_input() -> None:
    """Which stays open for what comes after."""
    stdin = io.StringIO(ANA)

    assert source_of("-", stdin) is stdin
    assert source_of("tokens.txt", stdin) == Path("tokens.txt")
    assert [it.line for it in read(stdin, claim, now=NOW)] == [1]
    assert not stdin.closed


def test_keys_that_cannot_be_read_end_it() -> None:
    """What the checker raises comes through as it is; nothing is taken for sound."""

    def unreachable(_: str) -> Claim:
        raise RemoteError("no keys", code="unreachable", service="workos")

    with pytest.raises(ElevaError) as caught:
        list(read(io.StringIO(ANA), unreachable, now=NOW))

    assert caught.value.exit_code == ExitCode.UNCHECKED


class Endless(io.TextIOBase):
    """A stream of rows that are made when they are read, and counted."""

    def __init__(self, rows: Iterator[str]) -> None:
        self._rows = rows
        self.made = 0

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        return self.read(size)

    def read(self, size: int | None = -1) -> str:
        del size
        self.made += 1
        return next(self._rows, "")


def _lines(count: int) -> Iterator[str]:
    yield from (f'{{"token": "{n:x}.{"p" * 900}.s"}}\n' for n in range(count))


def _array(count: int) -> Iterator[str]:
    yield "[\n"
    yield from (f'{{"token": "{n:x}.{"p" * 900}.s"}},\n' for n in range(count - 1))
    yield f'"{ANA}"]'


Rows = Callable[[int], Iterator[str]]


@pytest.mark.parametrize(("rows", "count"), [(_lines, 100_000), (_array, 5_000)])
def test_a_hundred_thousand_tokens_are_read_as_they_come(
    rows: Rows, count: int
) -> None:
    """However long it is, no more than the row at hand was read."""
    stream = Endless(rows(count))
    claims = read(stream, claim, now=NOW)  # type: ignore[arg-type]
    ahead = [stream.made - n for n, _ in enumerate(claims, start=1)]

    assert len(ahead) == count
    assert max(ahead) <= 2


@pytest.mark.parametrize("rows", [_lines, _array])
def test_no_token_is_held(rows: Rows) -> None:
    """Two megabytes of text, and a tenth of it at most in memory."""
    tracemalloc.start()
    try:
        claims = read(Endless(rows(2_000)), claim, now=NOW)  # type: ignore[arg-type]
        count = sum(1 for _ in claims)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 2_000
    assert peak < 200_000


def test_a_token_is_named_by_place_user_and_key() -> None:
    """Whatever of these is known."""
    (read_claim,) = read(io.StringIO(f"\n{ANA}"), claim, now=NOW)

    assert named(read_claim) == "line 2, user_aaaa"
