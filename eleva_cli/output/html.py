"""The report as one HTML file: no request, no inline handler, every value escaped.

The page allows exactly its own style and script, by their hashes, and nothing from
anywhere. What comes from data is either escaped text or JSON that the script puts on
the page as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from eleva_cli.outcome import Failure
from eleva_cli.output.neutral import one_line
from eleva_cli.output.report import Kind, Report, Row, moment, standings, stands

LONG = 9  # characters of a figure that would not fit its tile
CUT = "ids are cut here; --format json has them whole, under the same fingerprint"
_HOLE = re.compile(r"\{\{([a-z_]+)\}\}")
_IN_SCRIPT = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def as_html(report: Report, failures: Sequence[Failure] = ()) -> str:
    """Write the page; its parts lie beside this module."""
    style, script = _part("report.css"), _part("report.js")
    audit = report.audit
    parts = {
        "headline": _text(report.headline),
        "title": _text(audit.title),
        "state": _state(report, failures),
        "account": _text(audit.account),
        "mode": _text(audit.mode),
        "began": moment(audit.began_at),
        "ended": moment(audit.ended_at),
        "tiles": "".join(_tiles(report)),
        "chart": _chart(report.kinds),
        "others": _others(report.others) + "".join(map(_failure, failures)),
        "cut": f'<p class="small">{_text(CUT)}</p>' if report.ids_are_cut else "",
        "data": _data(report),
        "style": style,
        "script": script,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    # one pass: what a value holds is never taken for a hole
    return _HOLE.sub(lambda found: parts[found[1]], _part("report.html"))


def _part(name: str) -> str:
    return resources.files("eleva_cli.output").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(text: str) -> str:
    return html.escape(one_line(text))


def _state(report: Report, failures: Sequence[Failure]) -> str:
    if report.counting:
        return "bad"
    return "unsure" if report.audit.partial or failures else "good"


def _tiles(report: Report) -> Iterator[str]:
    audit = report.audit
    figures: Mapping[str, object] = {
        "findings": report.counting,
        **stands(audit),
        "paid and not usable": report.stakes,
        **{_standing(name): count for name, count in _standings(report)},
        **{f"{name} checked": count for name, count in audit.counts.items()},
        **{f"cases, {name}": count for name, count in audit.depth.items()},
        "calls made": audit.calls,
    }
    for name, value in figures.items():
        shown = f"{value:,}" if isinstance(value, int) else str(value)
        if shown:
            kind = ' class="long"' if len(shown) > LONG else ""
            yield f"<div><dt>{_text(name)}</dt><dd{kind}>{_text(shown)}</dd></div>"


def _standings(report: Report) -> Iterator[tuple[str, int]]:
    """Yield what the number of findings does not tell."""
    found = standings(report.audit)
    yield from ((name, count) for name, count in found.items() if name != "counts")


def _standing(name: str) -> str:
    return {"baseline": "known before", "note": "settles by itself"}.get(name, name)


def _chart(kinds: Sequence[Kind]) -> str:
    if not kinds:
        return '<p class="sound">none</p>'
    most = max(kind.count for kind in kinds)
    rows = "".join(_bar(kind, most) for kind in kinds)
    return f'<table class="chart"><tbody>{rows}</tbody></table>'


def _bar(kind: Kind, most: int) -> str:
    width = max(round(100 * kind.count / most, 1), 1)
    return (
        f'<tr><th scope="row" class="{kind.severity.value}">{_text(kind.code)}</th>'
        f'<td class="small stand">{_text(kind.stand)}</td>'
        f'<td class="number">{kind.count:,}</td>'
        f'<td class="{kind.severity.value}"><svg aria-hidden="true">'
        f'<rect width="{width}%" height="100%" rx="3"></rect></svg></td>'
        f'<td class="number">{_text(kind.monthly)}</td></tr>'
    )


def _others(kinds: Sequence[Kind]) -> str:
    if not kinds:
        return ""
    named = (f"{k.code}: {k.count:,} {_standing(k.standing)}" for k in kinds)
    return f'<p class="small">not counted: {_text("; ".join(named))}</p>'


def _failure(failure: Failure) -> str:
    said = f"{failure.code}: {failure.message}"
    return f'<p class="error">{_text(said)}</p><p>{_text(failure.hint)}</p>'


def _data(report: Report) -> str:
    people = [
        [
            *(one_line(text or "") for text in (p.user, p.email, p.organization)),
            *(one_line(text or "") for text in (p.customer, p.tier, p.role)),
            [one_line(code) for code in p.codes],
        ]
        for p in report.people
    ]
    severity: dict[str, str] = {}
    for row in report.rows:
        severity.setdefault(one_line(row.code), row.severity.value)
    met = dict.fromkeys(code for p in people for code in p[6])
    value = {
        "flaws": [_flaw(row) for row in report.rows],
        "people": people,
        "codes": list(dict.fromkeys([*severity, *met])),
        "severity": severity,
    }
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_IN_SCRIPT)


def _flaw(row: Row) -> list[object]:
    who = (row.subject, row.user, row.organization, row.customer)
    label = "" if row.label == "counts" else _standing(row.label)
    standing = ": ".join(part for part in (label, row.why, row.settles) if part)
    stake = " · ".join(part for part in (row.stake, row.stand) if part)
    return [
        row.severity.value,
        one_line(row.code),
        one_line(f"{row.severity.value} · {standing}" if standing else ""),
        [one_line(text) for text in dict.fromkeys(filter(None, who))],
        *map(one_line, (row.message, stake, row.fix, row.hint)),
        row.fingerprint,
    ]
