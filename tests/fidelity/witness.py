"""Both witnesses beside a sandbox: each service against its vendor's own contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fidelity import stripe_witness, workos_witness

if TYPE_CHECKING:
    from flask import Flask


def watch(app: Flask) -> Flask:
    """Put both beside an app, before its first request."""
    return workos_witness.watch(stripe_witness.watch(app))


def settle() -> None:
    """Fail with what either found since the last time, and forget all of it."""
    try:
        stripe_witness.settle()
    finally:
        workos_witness.settle()
