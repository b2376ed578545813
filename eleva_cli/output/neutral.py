r"""Make text from a server harmless to look at.

A name can hold terminal escape sequences, line breaks or characters that turn the
direction of everything after them. They are shown as `\x1b`, `\n`, `\u202e`, so
that nothing is hidden and nothing happens. Joiners of emoji and of Persian stay.
"""

from __future__ import annotations

import re

# Controls (C0, DEL, C1), soft hyphen, invisible spaces, line separators, direction
# overrides and isolates, interlinear marks, lone surrogates, tag characters.
_UNSAFE = (
    r"\x00-\x1f\x7f-\x9f\xad\u180e\u200b\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
UNSAFE = re.compile(f"[{_UNSAFE}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escape(char: str) -> str:
    """Spell one character out as Python would."""
    number = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def one_line(text: str) -> str:
    """Return the text with every unsafe character spelled out, line breaks too."""
    if text.isprintable():  # as nearly all are; nothing unsafe is
        return text
    return UNSAFE.sub(lambda found: escape(found[0]), text)


def lines(text: str) -> list[str]:
    """Split at line breaks and make each line harmless; tabs become spaces."""
    return [one_line(line.expandtabs(4)) for line in re.split(r"\r?\n", text)]
