"""Where a behaviour of the sandbox comes from: a vendor's statement, or our belief.

Every test of how a service behaves carries one of the two, and
`docs/fidelity.md` lists the beliefs.
"""

from __future__ import annotations

from typing import TypeVar

import pytest

T = TypeVar("T")


def vendor(section: str, source: str) -> pytest.MarkDecorator:
    """Name the section of the facts, and the vendor's page, package or spec it quotes.

    `section` is that of `api-facts.md` (A4, C, F3); `source` what stands there:
    a page (`docs.stripe.com/rate-limits`), `stripe 16.1` or `workos 10.8` (read in the
    installed SDK), or `WorkOS OpenAPI`.
    """
    return pytest.mark.vendor(section=section, source=source)


def belief(why: str) -> pytest.MarkDecorator:
    """Say that no vendor states this, and why we think so."""
    return pytest.mark.belief(why=why)


def ours(test: T) -> T:
    """Say that this is no service's behaviour: a control, a fault, our own."""
    return test
