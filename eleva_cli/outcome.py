"""What a command hands back to be shown: one value, whatever the format.

The status is derived from the parts, never set by hand, so that a run with a
failed item cannot call itself a success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from eleva_cli.audit import Audit
from eleva_cli.errors import ElevaError, ExitCode
from eleva_cli.plan import Finding

Cell = str | int | float | bool | None
Json = Cell | Sequence["Json"] | Mapping[str, "Json"]
Status = Literal["ok", "findings", "refused", "partial", "unchecked", "error"]

STATUS_OF: Mapping[ExitCode, Status] = {
    ExitCode.DONE: "ok",
    ExitCode.FINDINGS: "findings",
    ExitCode.REFUSED: "refused",
    ExitCode.PARTIAL: "partial",
    ExitCode.INTERRUPTED: "partial",
    ExitCode.UNCHECKED: "unchecked",
}


Mark = Literal["ok", "broken", "later", "unknown", "skipped", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """
    One line of what people read instead of rows; a deeper one belongs to one above.

    `lead` stands before the text and is never folded; `more` are lines below it.
    """

    text: str
    depth: int = 0
    mark: Mark = ""
    lead: str = ""
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    Rows under named columns; every row has the columns' length.

    `name` is the key of the rows in machine formats; `title` is for people. With
    `tree` people read that, and programs the rows.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int = 0
    tree: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure with a stable code, as scripts key on it."""

    code: str
    message: str
    hint: str = ""
    exit_code: ExitCode = ExitCode.FAILED

    @classmethod
    def of(cls, error: ElevaError) -> Failure:
        """Return the failure that an error stands for."""
        return cls(
            code=error.code,
            message=str(error),
            hint=error.hint,
            exit_code=error.exit_code,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    The answer of one command.

    `headline` is the sentence to read if one reads only one; `summary` is
    name → figure; `tables` are the details; `next_steps` are commands to type. An
    `audit` is shown from its own values, and has formats that nothing else has.
    """

    command: str
    headline: str
    exit_code: ExitCode = ExitCode.DONE
    summary: Mapping[str, Json] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    findings: tuple[Finding, ...] = ()
    errors: tuple[Failure, ...] = ()
    next_steps: tuple[str, ...] = ()
    text: str = ""
    audit: Audit | None = None

    @property
    def status(self) -> Status:
        """Derive the word for the exit code."""
        return STATUS_OF.get(self.exit_code, "error")
