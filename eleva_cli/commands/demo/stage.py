"""The demo's stage: the sandbox's server, a folder, and the tool as real processes.

What was written and billed is what the server says, never what the tool says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eleva_cli.config import overlaid
from eleva_cli.errors import ElevaError
from eleva_cli.sandbox import keys
from eleva_cli.sandbox.front import Front
from eleva_cli.shell import Shell

CHILD_S = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bills:
    """The invoices that the sandbox keeps, and what was paid of them, in cents."""

    count: int
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The server, a folder for the journal, and how to call the tool there."""

    shell: Shell
    front: Front
    folder: Path
    base: str

    def say(self, text: str) -> None:
        """Tell what happens, on stderr."""
        self.shell.terminal.say(text)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the tool as an operator would, with JSON as its answer."""
        return subprocess.Popen(  # noqa: S603 - this very tool, our own words
            [sys.executable, "-m", "eleva_cli", *words, "--quiet", "--format", "json"],
            cwd=self.folder,
            env=overlaid(self._environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *words: str, codes: Sequence[int] = (0,)) -> dict[str, Any]:
        """Run the tool to its end; raises where it ended otherwise than it should."""
        process = self.start(*words)
        out, err = process.communicate(timeout=CHILD_S)
        if process.returncode not in codes:
            raise failed(
                f"eleva {' '.join(words)} ended with {process.returncode}: {err}"
            )
        answer: dict[str, Any] = json.loads(out)
        return answer

    def effects(self) -> list[dict[str, Any]]:
        """Return what the server itself says was changed, one entry an object."""
        self.front.log.flush()
        with self.front.store.read() as session:
            rows = session.rows("SELECT effect FROM calls WHERE effect IS NOT NULL")
        return [one for row in rows for one in json.loads(row[0])]

    def bills(self) -> Bills:
        """Count the invoices of the sandbox, and what customers paid of them."""
        with self.front.store.read() as session:
            rows = session.rows("SELECT body FROM objects WHERE kind = 'invoice'")
        invoices = [json.loads(row[0]) for row in rows]
        return Bills(
            count=len(invoices), paid=sum(one["amount_paid"] for one in invoices)
        )

    def _environment(self) -> Mapping[str, str]:
        return {
            "ELEVA_STRIPE_API_BASE": self.base,
            "ELEVA_WORKOS_API_BASE": self.base,
            "ELEVA_STATE_DIR": str(self.folder / "state"),
            "ELEVA_PROFILE": "demo",
            "STRIPE_SECRET_KEY": keys.STRIPE_KEY,
            "WORKOS_API_KEY": keys.WORKOS_KEY,
            "WORKOS_CLIENT_ID": keys.CLIENT_ID,
        }


def failed(what: str) -> ElevaError:
    """Say that an act did not come out as it should."""
    return ElevaError(
        what,
        code="demo-failed",
        hint="this should not happen: report it with the text above",
    )
