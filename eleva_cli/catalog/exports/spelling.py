"""Texts as literals of each language, so that no name can end its literal or comment.

What cannot be seen (controls, line separators, direction marks, lone surrogates) is
spelled out everywhere; the rest stays readable.
"""

from __future__ import annotations

import re

# A fixed list and not `str.isprintable`, which differs between versions of Python: the
# same catalogue must come out the same everywhere.
_UNSEEN = (
    r"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
UNSEEN = re.compile(f"[{_UNSEEN}]")
_IN_SCRIPT = re.compile(rf"[{_UNSEEN}\\']|<(?=[/!])")
_IN_JSON = re.compile(rf"[{_UNSEEN}]|<(?=[/!])")
_IN_PYTHON = re.compile(rf'[{_UNSEEN}\\"]')
# Within a word an underscore means nothing in GitHub's dialect; ids stay readable.
_IN_MARKDOWN = re.compile(
    rf"[{_UNSEEN}]|[\\`*\[\]<>|~&#@$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    r"|:(?=//)|(?<=www)\.|^[=+\-]"
)
_PLAIN_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def script(text: str) -> str:
    """Write a TypeScript string."""
    return f"'{_IN_SCRIPT.sub(_in_script, text)}'"


def script_name(name: str) -> str:
    """Write the name of a property; a plain `__proto__` would set the prototype."""
    if name == "__proto__":
        return "['__proto__']"
    return name if _PLAIN_NAME.fullmatch(name) else script(name)


def json_safe(text: str) -> str:
    """Spell out what JSON may show within its strings and a browser may not."""
    return _IN_JSON.sub(lambda found: _in_utf_16(found[0]), text)


def python(text: str) -> str:
    """Write a Python string."""
    return f'"{_IN_PYTHON.sub(_in_python, text)}"'


def markdown(text: str) -> str:
    """Write a text that is neither markup, link, mention nor formula in a cell."""
    return _IN_MARKDOWN.sub(_in_markdown, text)


def remark(text: str) -> str:
    """Write a text inside a comment of one line."""
    return UNSEEN.sub(lambda found: _in_utf_16(found[0]), text).replace("*/", r"*\/")


def _in_script(found: re.Match[str]) -> str:
    char = found[0]
    return f"\\{char}" if char in "\\'" else _SHORT.get(char) or _in_utf_16(char)


def _in_python(found: re.Match[str]) -> str:
    char = found[0]
    return f"\\{char}" if char in '\\"' else _SHORT.get(char) or _spelled(char)


def _in_markdown(found: re.Match[str]) -> str:
    char = found[0]
    if UNSEEN.match(char):
        return "\\" + (_SHORT.get(char) or _spelled(char))
    return f"\\{char}"


def _in_utf_16(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _spelled(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
