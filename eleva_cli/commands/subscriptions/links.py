"""How a link to one of Stripe's own pages is told: once, on stdout, and nowhere else.

Whoever has such a link is let in. It goes from the answer to the screen, never into
the journal, the log or what is said on stderr.
"""

from __future__ import annotations

from dataclasses import replace

from eleva_cli.bootstrap import App
from eleva_cli.outcome import Result
from eleva_cli.output import Format

FOR_PROGRAMS = (Format.JSON, Format.NDJSON, Format.CSV)


def with_link(app: App, result: Result, url: str | None) -> Result:
    """Return the answer with a link: on a line of its own for people, never folded."""
    if not url:
        return result
    if app.shell.format in FOR_PROGRAMS:
        return replace(result, summary={**result.summary, "link": url})
    return replace(result, text=url)
