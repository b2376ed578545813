"""What a TypeScript module declares and exports at its top, and what writes to it."""

from __future__ import annotations

from collections.abc import Iterator

from eleva_cli.catalog.exports.literals import Reader, Value
from eleva_cli.catalog.exports.tokens import (
    AHEAD,
    CLOSES,
    OPENS,
    Token,
    UnreadableError,
    tokens_of,
)

_BEGINS_STATEMENT = (
    "abstract", "async", "class", "const", "declare", "default", "enum", "export",
    "for", "function", "if", "import", "interface", "let", "module", "namespace",
    "return", "switch", "throw", "try", "type", "var", "while",
)  # fmt: skip
_CHANGING = (
    "copyWithin", "fill", "pop", "push", "reverse", "shift", "sort", "splice",
    "unshift",
)  # fmt: skip


class Module:
    """What a text declares at its top; a constant is evaluated when it is asked for."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens_of(text)
        self._starts: dict[str, int] = {}
        self._open: list[str] = []
        self._known: dict[str, Value] = {}
        self.problems: dict[str, UnreadableError] = {}
        self.exported: dict[str, str] = {}
        self.reexport: UnreadableError | None = None
        self._survey()

    def value(self, name: str) -> Value | None:
        """Return what is exported under a name, `None` where nothing is."""
        local = self.exported.get(name)
        return None if local is None else self.local(local, self._tokens[0])

    def local(self, name: str, asked_at: Token) -> Value:
        """Return the value of a constant of the module."""
        if problem := self.problems.get(name):
            raise problem
        if name not in self._starts or name in self._open:
            raise UnreadableError(f"the name {name}", asked_at.line)
        if name not in self._known:
            self._open.append(name)
            try:
                self._known[name] = self._read(self._starts[name])
            except UnreadableError as error:
                self.problems.setdefault(name, error)
                raise
            finally:
                self._open.pop()
        return self._known[name]

    def _read(self, start: int) -> Value:
        return Reader(self._tokens, start, self.local).whole()

    def _survey(self) -> None:
        """Find what is declared, exported, or written to later."""
        depth = 0
        for at, token in enumerate(self._tokens[:-AHEAD]):
            if depth == 0 and token.sort == "word":
                self._declared(at)
            depth += token.is_mark(*OPENS) - token.is_mark(*CLOSES)
            if (name := _written_to(self._tokens, at)) is not None:
                problem = UnreadableError("a write to it", token.line)
                self.problems.setdefault(name, problem)

    def _declared(self, at: int) -> None:
        token, after = self._tokens[at], self._tokens[at + 1]
        is_exported = at > 0 and self._tokens[at - 1].is_word("export")
        if token.is_word("const", "let", "var") and after.sort == "word":
            for name, start in _declarators(self._tokens, at + 1):
                self._declare(name, start, is_constant=token.text == "const")
                if is_exported:
                    self.exported[name.text] = name.text
        elif token.is_word("export") and after.is_mark("{"):
            self._export_list(at + 2)
        elif token.is_word("export") and after.is_mark("*"):
            self.reexport = UnreadableError("an export from elsewhere", token.line)

    def _declare(self, name: Token, start: int, *, is_constant: bool) -> None:
        if name.text in self._starts:
            self.problems[name.text] = UnreadableError("a second value", name.line)
        elif not is_constant:
            self.problems[name.text] = UnreadableError("no constant", name.line)
        self._starts[name.text] = start

    def _export_list(self, at: int) -> None:
        """Read `{ a, b as c }`; from elsewhere they are names that nobody declares."""
        found: dict[str, str] = {}
        while not self._tokens[at].is_mark("}") and self._tokens[at].sort != "end":
            local = self._tokens[at]
            if self._tokens[at + 1].is_word("as"):
                at += 2
            if local.sort == "word":
                found[self._tokens[at].text] = local.text
            at += 1
        if self._tokens[at + 1].is_word("from"):
            found = {name: f"{name} from elsewhere" for name in found}
        self.exported |= found


def _declarators(tokens: tuple[Token, ...], at: int) -> Iterator[tuple[Token, int]]:
    """Yield each name of a declaration with the place where its value begins."""
    name, depth, has_value = tokens[at], 0, False
    for here in range(at + 1, len(tokens) - AHEAD):
        token = tokens[here]
        if token.is_mark(*CLOSES) and depth == 0:
            return
        depth += token.is_mark(*OPENS) - token.is_mark(*CLOSES)
        if depth:
            continue
        if token.is_mark(";") or (token.is_first and token.is_word(*_BEGINS_STATEMENT)):
            return
        if token.is_mark("=") and not has_value:
            has_value = True
            yield name, here + 1
        elif token.is_mark(",") and tokens[here + 2].is_mark("=", ":"):
            name, has_value = tokens[here + 1], False


def _written_to(tokens: tuple[Token, ...], at: int) -> str | None:
    """Return the name that is changed here: by assignment, `delete` or a method."""
    token = tokens[at]
    if token.is_word("delete") and tokens[at + 1].sort == "word":
        return tokens[at + 1].text
    if token.sort != "word" or (at and tokens[at - 1].is_mark(".", "?.")):
        return None
    if [each.text for each in tokens[at : at + 4]] == ["Object", ".", "assign", "("]:
        return tokens[at + 4].text
    begin = _cast_end(tokens, at)
    end = _member_end(tokens, begin)
    is_assigned = end > begin and tokens[end].is_mark("=")
    is_called = tokens[end].is_mark("(") and tokens[end - 1].is_word(*_CHANGING)
    return token.text if is_assigned or is_called else None


def _cast_end(tokens: tuple[Token, ...], at: int) -> int:
    """Return the place behind a name, or behind `(name as any)`."""
    if at == 0 or not (tokens[at - 1].is_mark("(") and tokens[at + 1].is_word("as")):
        return at + 1
    depth = 1
    while depth and tokens[at].sort != "end":
        at += 1
        depth += tokens[at].is_mark("(") - tokens[at].is_mark(")")
    return min(at + 1, len(tokens) - AHEAD)


def _member_end(tokens: tuple[Token, ...], at: int) -> int:
    """Return the place behind `.a['b']`."""
    while True:
        if tokens[at].is_mark(".", "?.") and tokens[at + 1].sort == "word":
            at += 2
        elif tokens[at].is_mark("[") and tokens[at + 2].is_mark("]"):
            at += 3
        else:
            return at
