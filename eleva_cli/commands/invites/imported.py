"""A file of grants that is decided: run as one, looked at, told row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eleva_cli.bootstrap import App
from eleva_cli.commands.invites import outcomes
from eleva_cli.commands.invites.carrying import begin
from eleva_cli.commands.invites.gating import (
    COMMAND,
    KIND,
    Request,
    ask,
    check_count,
    check_live,
)
from eleva_cli.commands.invites.outcomes import Outcome
from eleva_cli.commands.invites.showing import Showing
from eleva_cli.commands.runs.ending import end_run, read_back
from eleva_cli.errors import ExitCode, worst
from eleva_cli.inputs import grants
from eleva_cli.inputs.grants import GrantsFile
from eleva_cli.invite.together import Decided
from eleva_cli.journal.steps import Step
from eleva_cli.outcome import Failure, Json, Result, Table
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity

WORDS = (
    "granted", "raised", "already", "refused", "failed", "not visible yet", "left open",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Rows that are decided: gate, question, run, answer. `left` are hopeless ones."""

    app: App
    request: Request
    file: GrantsFile
    decided: Decided
    left: Sequence[Outcome]

    def run(self) -> Result:
        """Go on only where everything may be written."""
        now = [*self.left, *outcomes.of_verdicts(self.decided.verdicts)]
        refused = [one for one in now if one.comes_back]
        if refused and not self.request.skip_invalid:
            return self._refused(now, refused)
        if not self.decided.lanes:
            result = Result(command=COMMAND, headline="", summary={})
            return self._answer(result, now)
        check_count(now, self.request)
        check_live(self.app, self.request)
        ask(self.app, self.request, self.decided, now)
        return self._carry_out()

    def _carry_out(self) -> Result:
        """Run, look whether it shows, and answer."""
        run = begin(self.app, self.decided.lanes.items(), kind=KIND)
        missing: set[str] | None = None

        def look_back(app: App, run: str) -> list[Step]:
            """Look at what users see first, then at whatever that does not prove."""
            nonlocal missing
            made = outcomes.after_run(app, run, self.decided)
            wanted = outcomes.wanted(made)
            missing = {one.customer for one in wanted}
            missing &= Showing(app=app, run=run, wanted=wanted).missing()
            return read_back(app, run)

        result = end_run(self.app, run, command=COMMAND, look_back=look_back)
        came = outcomes.after_run(self.app, run, self.decided)
        if missing is None:  # the run was stopped: nobody has looked
            missing = {one.customer for one in outcomes.wanted(came)}
        came = outcomes.unseen(came, missing)
        return self._answer(result, [*self.left, *came])

    def _refused(self, now: Iterable[Outcome], refused: Sequence[Outcome]) -> Result:
        """Tell every row; nothing was written."""
        self.app.progress.close()
        count = count_of(len(refused), "row")
        return Result(
            command=COMMAND,
            headline=f"{count} of {self.file.path} refused; nothing written",
            exit_code=ExitCode.REFUSED,
            summary=_figures(outcomes.counted(refused)),
            tables=(self._table(one for one in now if one.comes_back),),
            errors=(
                Failure(
                    code="rows-refused",
                    message=f"{count} of {self.file.path} cannot be granted",
                    hint="mend them, or grant the others: --skip-invalid",
                    exit_code=ExitCode.REFUSED,
                ),
            ),
        )

    def _table(self, found: Iterable[Outcome]) -> Table:
        return outcomes.table(found, show_pii=self.app.settings.flags.show_pii)

    def _answer(self, result: Result, came: Sequence[Outcome]) -> Result:
        """Add the rows to a run's result, and write down those that come back."""
        self.app.progress.close()
        counts = outcomes.counted(came)
        is_whole = {"granted", "raised", "already"} >= set(counts)
        code = ExitCode.DONE if is_whole else ExitCode.PARTIAL
        written, trouble = self._write_failed(came)
        told = ", ".join(f"{counts[word]} {word}" for word in WORDS if counts[word])
        run = result.summary.get("run")
        return replace(
            result,
            headline=f"{run}: {told}" if run else f"{told}; nothing written",
            exit_code=worst(result.exit_code, code),
            summary={
                **_figures(counts),
                "failed_rows": None if written is None else str(written),
                **result.summary,
            },
            tables=(self._table(came), *result.tables),
            findings=(*result.findings, *self._findings(), *trouble),
        )

    def _findings(self) -> Iterable[Finding]:
        for verdict in self.decided.verdicts:
            if verdict.refusal is None:
                yield from verdict.decision.findings

    def _write_failed(
        self, came: Iterable[Outcome]
    ) -> tuple[Path | None, tuple[Finding, ...]]:
        """Write the rows that come back; the run is over, so trouble is only told."""
        problems = outcomes.problems(came)
        if not problems:
            return None, ()
        path = self.request.failed or grants.failed_path(self.file.path)
        try:
            grants.write_failed(path, self.file, problems)
        except OSError as error:
            return None, (
                Finding(
                    code="failed-unwritable",
                    severity=Severity.WARNING,
                    subject=str(path),
                    message=f"the rows that came to nothing are not written there:"
                    f" {error.strerror or error}",
                    hint="they are in the answer, by their lines",
                ),
            )
        return path, ()


def _figures(counts: Counter[str]) -> dict[str, Json]:
    return {word.replace(" ", "_"): counts.get(word, 0) for word in WORDS}
