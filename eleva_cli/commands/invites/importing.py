"""`invite import`: read the file, then what there is, decide every row, run, look."""

from __future__ import annotations

from collections.abc import Sequence

from eleva_cli.bootstrap import App
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.invites import outcomes
from eleva_cli.commands.invites.gating import COMMAND, KIND, Request
from eleva_cli.commands.invites.imported import Job
from eleva_cli.commands.invites.surveying import survey
from eleva_cli.commands.invites.terms import rules_for
from eleva_cli.commands.runs.beginning import refuse_open_run
from eleva_cli.errors import ExitCode
from eleva_cli.inputs import grants
from eleva_cli.inputs.grants import GrantsFile
from eleva_cli.invite.ledger import LONGEST_BY, LONGEST_REASON, check_text
from eleva_cli.invite.rows import Asked, Fault, Terms, wishes
from eleva_cli.invite.together import decide_all
from eleva_cli.journal.runs import whoami
from eleva_cli.outcome import Failure, Result
from eleva_cli.output.wording import count_of


def import_file(app: App, request: Request) -> Result:
    """Grant what a file asks; without `skip_invalid` all of its rows or none."""
    if request.failed is not None:
        grants.check_failed(request.failed)
    check_text("--over-cap", request.over_cap, LONGEST_REASON)
    file = grants.read(request.path)
    asked, faults = _asked(app, file, request)
    if faults and not request.skip_invalid:
        return _unreadable(app, request, faults)
    app.progress.say(app.banner())
    with app.lock(KIND):
        refuse_open_run(app, KIND)
        rules = rules_for(app)
        found = survey(app, rules, asked)
        decided = decide_all(
            found.cases, rules, over_cap=request.over_cap, live=found.live
        )
        left = outcomes.of_faults((*faults, *found.faults))
        job = Job(app=app, request=request, file=file, decided=decided, left=left)
        return job.run()


def _asked(
    app: App, file: GrantsFile, request: Request
) -> tuple[tuple[Asked, ...], tuple[Fault, ...]]:
    by = request.by or whoami()[2]
    check_text("--by", by, LONGEST_BY)
    terms = Terms(
        catalogue=chosen.catalogue(app.settings.catalog),
        now=app.clock.now(),
        by=by,
        beside_paid=request.beside_paid,
    )
    asked, faults = wishes(file.rows, terms)
    every = (*file.faults, *faults)
    return asked, tuple(sorted(every, key=lambda fault: fault.line))


def _unreadable(app: App, request: Request, faults: Sequence[Fault]) -> Result:
    """Tell every row that is wrong; no call was made."""
    first = faults[0]
    rows = outcomes.of_faults(faults)
    return Result(
        command=COMMAND,
        headline=f"{count_of(len(faults), 'row')} of {request.path} cannot be granted;"
        " no call was made",
        exit_code=ExitCode.USAGE,
        tables=(outcomes.table(rows, show_pii=app.settings.flags.show_pii),),
        errors=(
            Failure(
                code=first.code,
                message=f"{request.path}:{first.line}: {_safe(app, first)}",
                hint=_hint(first, len(faults) - 1),
                exit_code=ExitCode.USAGE,
            ),
        ),
    )


def _safe(app: App, fault: Fault) -> str:
    show_pii = app.settings.flags.show_pii
    return outcomes.safe(fault.message, show_pii=show_pii)


def _hint(first: Fault, more: int) -> str:
    rest = f"; {more} more of its rows are wrong" if more else ""
    return f"{first.hint}{rest}; --skip-invalid goes on without such rows"
