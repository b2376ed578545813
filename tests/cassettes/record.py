"""Records every cassette anew: `make record`.

Emulator and sandbox are started here, on loopback. With RECORD_REAL=1, and test keys
in STRIPE_SECRET_KEY and WORKOS_API_KEY, those that the real services can answer are
recorded from their test modes instead; live keys and live accounts are refused.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2

from tests.cassettes import listing
from tests.cassettes.real import (
    OPT_IN,
    STRIPE,
    RealKeys,
    RefusedError,
    check_account,
    wants_real,
)

ROOT = Path(__file__).parents[2]


def main(environment: Mapping[str, str], *, stripe_base: str = STRIPE) -> int:
    """Record, then write down which is which; return the exit code."""
    mode = "local"
    if wants_real(environment):
        mode = "real"
        try:
            allow(RealKeys.of(environment), stripe_base)
        except RefusedError as error:
            sys.stderr.write(f"error: {error}; nothing was recorded\n")
            return 4
    done = subprocess.run(command(mode), cwd=ROOT, check=False)
    if done.returncode:
        sys.stderr.write(f"error: not all were recorded; {OPT_IN} was {mode}\n")
        return done.returncode
    listing.write()
    return 0


def allow(keys: RealKeys, stripe_base: str) -> None:
    """Raise `RefusedError` unless keys and account are of test data."""
    keys.check()
    with httpx2.Client(follow_redirects=False, timeout=20) as http:
        try:
            check_account(http, stripe_base, keys.stripe)
        except httpx2.HTTPError as error:
            raise RefusedError(f"Stripe cannot be asked: {error!r}") from error


def command(mode: str) -> Sequence[str]:
    """Give the command that plays every test of a cassette, recording."""
    words = ("-m", "pytest", "tests/cassettes", "-m", "cassette")
    return (sys.executable, *words, f"--record={mode}", "-q", "-p", "no:cacheprovider")


if __name__ == "__main__":
    sys.exit(main(os.environ))
