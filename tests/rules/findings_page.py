"""Makes `docs/findings.md` from the table of codes.

`python -m tests.rules.findings_page --write`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from eleva_cli.audit import Stand
from eleva_cli.chain.codes import CODES, LINKS, SEVERITIES
from tests.rules.source import ROOT

PAGE = ROOT / "docs" / "findings.md"
HEAD = """\
# What can be wrong with somebody's chain

Made from the code (`python -m tests.rules.findings_page --write`); do not edit it by
hand.

user → active membership → organization → linked customer → subscriptions → price of
the catalogue → product → attached features → Stripe's active entitlements → claim in
the token → role → metadata. A finding is the first broken link; what follows from it
is not told again. Roles and metadata do not come from entitlements and are told beside.

| stand | severity | what it means |
|---|---|---|
"""
STANDS: dict[Stand, str] = {
    "pays-cannot-use": "somebody pays, or was given it, and cannot use it",
    "uses-does-not-pay": "somebody uses what nobody pays for; lapsed grants too",
    "drift": "something is not as it should be, and nobody is shut out by it",
    "unknown": "it cannot be told; what would tell it stands in the last column",
    "later": "nothing is wrong: it settles by itself, at the date if there is one",
}
TITLES = {
    "membership": "The membership",
    "customer": "The organization and its customer",
    "subscription": "Subscriptions",
    "price": "Prices",
    "product": "Products",
    "features": "What products grant",
    "entitlements": "Stripe's active entitlements",
    "claim": "The claim in the token",
    "role": "The role",
    "metadata": "Metadata",
}
TAIL = """
## What is not held against anybody

- **The next period.** What is attached to a product, or taken off it, reaches a
  subscription with its next period. If events tell that it happened during this one,
  it is `pending-next-period`, with the date. If they tell that it happened before,
  it is an error. If nobody knows, the code ends in `-or-pending`.
- **The next token.** A claim is made at sign-in and at refresh. A token older than the
  change is excused as `visible-at-next-refresh` while it may be in use.
- **Overdue payments.** Nobody documents whether Stripe entitles meanwhile: either is
  right, until the grace is over.
- **The first minutes.** What began or ended in the last ten is settling.
- **An old price.** Who pays an old price of a key goes on with it: no finding.
- **Protected roles and owners** are never changed, so they are never found wrong.
- **What somebody answers for**: waivers and the baseline, in [files.md](files.md).
  Waivers have two findings of their own, which stand there.
"""


def page() -> str:
    """Return the whole page."""
    stands = (
        f"| `{stand}` | {SEVERITIES[stand].value} | {words} |\n"
        for stand, words in STANDS.items()
    )
    return HEAD + "".join(stands) + "".join(_sections()) + TAIL


def _sections() -> Iterator[str]:
    for name in LINKS:
        yield f"\n## {TITLES[name]}\n\n"
        yield "| code | stand | what it means | what to do |\n|---|---|---|---|\n"
        for code, row in sorted(CODES.items()):
            if row.link == name:
                yield f"| `{code}` | {row.stand} | {row.meaning} | {row.remedy} |\n"


def main(words: list[str]) -> int:
    """Write the page, or say whether it is as it should be."""
    if "--write" in words:
        PAGE.write_text(page(), "utf-8")
        return 0
    return 0 if PAGE.exists() and PAGE.read_text("utf-8") == page() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
