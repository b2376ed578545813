"""Draw a tree as lines: strokes, a mark, the text, folded to a width.

Pure, and without rich: what colours it puts the parts together. A stroke stands only
before what has a mark or children; lines of a story stand by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eleva_cli.outcome import Branch
from eleva_cli.output.neutral import one_line
from eleva_cli.output.wording import cells, wrap

SIGNS = {"ok": "✓", "broken": "✗", "later": "…", "unknown": "?", "skipped": "·"}
ASCII_SIGNS = {"ok": "+", "broken": "X", "later": "~", "unknown": "?", "skipped": "."}
HANG = "  "
NARROWEST = 24  # so many columns of text beside a lead, or the text goes below it


@dataclass(frozen=True, slots=True, kw_only=True)
class Strokes:
    """What a tree is drawn with; all of one width."""

    fork: str
    last: str
    beside: str
    blank: str = "   "


LINES = Strokes(fork="├─ ", last="└─ ", beside="│  ")
ASCII_LINES = Strokes(fork="|- ", last="`- ", beside="|  ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line in three parts; `style` names the mark."""

    before: str
    mark: str
    text: str
    style: str = ""

    @property
    def whole(self) -> str:
        """Put the parts together."""
        return f"{self.before}{self.mark}{self.text}".rstrip()


def drawn(
    tree: Sequence[Branch], width: int | None, *, ascii_only: bool = False
) -> Iterator[Line]:
    """Yield the lines of a tree; `None` as width folds none."""
    strokes = ASCII_LINES if ascii_only else LINES
    signs = ASCII_SIGNS if ascii_only else SIGNS
    for number, branch in enumerate(tree):
        ends = [_is_last(tree, number, depth) for depth in range(1, branch.depth + 1)]
        above = "".join(strokes.blank if end else strokes.beside for end in ends[:-1])
        before, below = above, above
        if ends:
            before += strokes.last if ends[-1] else strokes.fork
            below += strokes.blank if ends[-1] else strokes.beside
        sign = signs.get(branch.mark, "")
        follows = tree[number + 1].depth if number + 1 < len(tree) else 0
        if follows > branch.depth:
            below += strokes.beside
        elif sign or branch.more:
            below += HANG
        yield from _lines(branch, (before, below), sign, width)


def _lines(
    branch: Branch, strokes: tuple[str, str], sign: str, width: int | None
) -> Iterator[Line]:
    before, below = strokes
    first, *rest = _folded(branch, before, sign, width)
    gap = " " if sign else ""
    yield Line(before=before, mark=sign, text=gap + first, style=branch.mark)
    yield from (Line(before=below, mark="", text=text) for text in rest)
    room = None if width is None else width - cells(below)
    for more in branch.more:
        for text in wrap(one_line(more), room):
            yield Line(before=below, mark="", text=text)


def _folded(branch: Branch, before: str, sign: str, width: int | None) -> list[str]:
    """Fold the text beside its lead, or below it where too little room is left."""
    text, lead = one_line(branch.text), one_line(branch.lead)
    if width is None:
        return [lead + text]
    room = width - cells(before) - (2 if sign else 0)
    beside = room - cells(lead)
    if not lead:
        return wrap(text, room, indent="" if sign else HANG)
    if beside < NARROWEST:
        return [lead.rstrip(), *(HANG + line for line in wrap(text, room - len(HANG)))]
    first, *rest = wrap(text, beside, indent="")
    return [lead + first, *(" " * cells(lead) + line for line in rest)]


def _is_last(tree: Sequence[Branch], number: int, depth: int) -> bool:
    """Tell whether nothing of this depth follows under the same parent."""
    for later in tree[number + 1 :]:
        if later.depth < depth:
            return True
        if later.depth == depth:
            return False
    return True
