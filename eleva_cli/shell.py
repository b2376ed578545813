"""What one command line carries from its flags to its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from eleva_cli.output import Format

if TYPE_CHECKING:
    from eleva_cli.output.terminal import Terminal

WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


class Shell:
    """The terminal, the global flags as given, and what to close at the end."""

    def __init__(
        self,
        find_terminal: Callable[[], Terminal],
        arguments: tuple[str, ...] = (),
        values: dict[str, object] | None = None,
    ) -> None:
        self._find_terminal = find_terminal
        self.arguments = arguments
        self.values = values if values is not None else {}
        self.open = ExitStack()

    @cached_property
    def terminal(self) -> Terminal:
        """The streams and what they can do, found out when first used."""
        return self._find_terminal()

    @property
    def format(self) -> Format:
        """The format asked for; read off the words when they could not be parsed."""
        value = self.values.get("format") or self._word_after("--format")
        return Format(str(value)) if value in list(Format) else Format.TABLE

    @property
    def command(self) -> str:
        """The command's words, without flags, values and whom it is about."""
        words: list[str] = []
        for word in self.arguments:
            if not WORD.fullmatch(word) or len(words) == 2 or words == ["explain"]:
                break
            words.append(word)
        return " ".join(words)

    def _word_after(self, flag: str) -> str | None:
        for number, word in enumerate(self.arguments):
            if word == flag:
                return "".join(self.arguments[number + 1 : number + 2])
            if word.startswith(flag + "="):
                return word.partition("=")[2]
        return None

    def flag(self, name: str) -> bool:
        """Return a global switch."""
        return bool(self.values.get(name))

    def text(self, name: str) -> str | None:
        """Return a global option's text, `None` where it was not given."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def number(self, name: str) -> float | None:
        """Return a global option's number, `None` where it was not given."""
        value = self.values.get(name)
        return float(value) if isinstance(value, int | float) else None

    def path(self, name: str) -> Path | None:
        """Return a global option's path, `None` where it was not given."""
        text = self.text(name)
        return None if text is None else Path(text)

    def on_close(self, close: Callable[[], None]) -> None:
        """Have something closed when the command has answered, last one first."""
        self.open.callback(close)

    def close(self) -> None:
        """Close what the command opened."""
        self.open.close()
