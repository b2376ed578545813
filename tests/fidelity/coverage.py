"""Makes `docs/coverage.md`: what we use of both services, against their contracts.

`python -m tests.fidelity.coverage --write`
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.fidelity import stripe_coverage, workos_coverage
from tests.fidelity.coverage_rows import Half, Row

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
HEAD = """\
# What is covered

Every endpoint and field that the tool or the sandbox uses, against the published
contracts. `python -m tests.fidelity.coverage --write` makes this page and a test
compares it: nobody edits it by hand.

"Taken" and "sent" count the names of the contract that the sandbox takes as parameters
or sends as fields; "the tool uses" names those that eleva itself sends or reads. What
is not covered stands under "gaps", each with its reason.
"""
MARK = "\n## {}\n"


def rendered(half: Half) -> str:
    """Return one service's part of the page."""
    return "\n".join(
        [
            MARK.format(half.title),
            f"Against {half.contract}.",
            *_beyond(half),
            "\n### Endpoints and their parameters\n",
            *_table(("endpoint", "contract", "taken"), half.endpoints),
            "\n### Objects and their fields\n",
            *_table(("object", "contract", "sent"), half.objects),
            "\n### Gaps\n",
            *_gaps((*half.endpoints, *half.objects)),
            "",
        ]
    )


def _beyond(half: Half) -> Iterator[str]:
    if half.beyond:
        yield "\nNot in that contract, and here all the same:\n"
    for name, reason in half.beyond.items():
        yield f"- `{name}`: {reason}"


def _table(heads: tuple[str, str, str], rows: Iterable[Row]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} | the tool uses |"
    yield "|---|---|---|---|"
    for row in rows:
        share = f"{len(row.covered & row.declared)} of {len(row.declared)}"
        used = ", ".join(f"`{name}`" for name in sorted(row.used))
        if row.called and not used:
            used = "yes, without any"
        yield f"| `{row.name}` | `{row.contract}` | {share} | {used} |"


def _gaps(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the gaps, each reason once."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        named: defaultdict[str, list[str]] = defaultdict(list)
        for name, reason in sorted(row.gaps.items()):
            named[reason].append(f"`{name}`")
        for reason, names in named.items():
            by_reason[reason].append(f"`{row.name}`: {', '.join(names)}")
    for reason, places in sorted(by_reason.items()):
        yield f"- {reason}"
        yield from (f"  - {place}" for place in places)


def halves() -> dict[str, Half | None]:
    """Return both halves; one whose contract is not installed is `None`."""
    return {"Stripe": stripe_coverage.half(), "WorkOS": workos_coverage.half()}


def part_of(page: str, title: str) -> str:
    """Return a service's part as the page has it."""
    _, mark, rest = page.partition(MARK.format(title))
    return mark + rest.partition("\n## ")[0].rstrip() + "\n" if mark else ""


def page() -> str:
    """Return the whole page; a half that cannot be made stays as it is."""
    committed = PAGE.read_text("utf-8") if PAGE.exists() else ""
    parts = [
        part_of(committed, title) if half is None else rendered(half)
        for title, half in halves().items()
    ]
    return HEAD + "".join(parts)


def main(words: list[str]) -> int:
    """Write the page, or say whether it is as it should be."""
    made = page()
    if "--write" in words:
        PAGE.write_text(made, "utf-8")
        return 0
    return 0 if PAGE.exists() and PAGE.read_text("utf-8") == made else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
