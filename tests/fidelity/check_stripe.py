"""Make one of each Stripe object in a sandbox and say what the SDK's types say.

`python -m tests.fidelity.check_stripe`
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx2
from flask import request

from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.settings import Settings
from tests.fidelity import stripe_witness
from tests.fidelity.stripe_tour import STEPS, Tour
from tests.sandbox.harness import IN_PROCESS, Sandbox

if TYPE_CHECKING:
    from flask import Response

NOT_REACHED = frozenset({
    # what would give a customer a discount is gone from this version of the API
    "DELETE /v1/customers/{id}/discount",
    *stripe_witness.NOT_IN_SDK,
})  # fmt: skip


def checked(tour: Tour, step: Callable[[Tour], Any]) -> list[str]:
    """Take a step; return what was found, a refusal included."""
    stripe_witness.findings.clear()
    try:
        step(tour)
    except Exception as error:  # noqa: BLE001  # a report goes on
        return [*stripe_witness.findings, f"{type(error).__name__}: {error}"]
    return list(dict.fromkeys(stripe_witness.findings))


def report() -> Iterator[str]:
    """Yield the findings of each step, one a line; then what was left out."""
    with TemporaryDirectory() as folder:
        settings = Settings(limits_enabled=False)
        app = create_app(Path(folder) / "check.db", settings=settings)
        left = set(stripe_witness.table())
        app.after_request(_ticker(left))
        stripe_witness.watch(app)
        with httpx2.Client(transport=httpx2.WSGITransport(app=app)) as client:
            sandbox = Sandbox(app=app, base_url=IN_PROCESS, http=client)
            tour = Tour(sdk=sandbox.stripe(), sandbox=sandbox)
            for step in STEPS:
                found = checked(tour, step)
                yield f"{'ok ' if not found else '** '} {step.__name__}"
                yield from (f"     {each}" for each in found)
    yield from (f"** {name}: not reached" for name in sorted(left - NOT_REACHED))


def _ticker(left: set[str]) -> Callable[[Response], Response]:
    def tick(response: Response) -> Response:
        if response.status_code == 200:
            left.discard(str(request.endpoint))
        return response

    return tick


def main() -> None:
    """Write the report."""
    for line in report():
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
