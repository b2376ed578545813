"""`catalog adopt`: match, show, ask, mark what is ours, and write the file of it.

The account is written first and the file last: cut short, the same command finds what
is taken over already, and writes the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from eleva_cli.bootstrap import App, global_flags
from eleva_cli.catalog import Catalogue
from eleva_cli.catalog.adopting import Adoption, Decisions, decisions_of, match
from eleva_cli.commands.catalogue import chosen, takeover
from eleva_cli.commands.catalogue.running import (
    KIND,
    Allowed,
    carry_out,
    refuse_open_run,
)
from eleva_cli.commands.catalogue.target import (
    Target,
    file_for,
    present_in,
    rewritten,
    target_of,
)
from eleva_cli.errors import ExitCode, UsageError, worst
from eleva_cli.observe.shopping import Shopping, count_subscribers
from eleva_cli.outcome import Json, Result, Table
from eleva_cli.output.wording import count_of

COMMAND = "catalog adopt"
SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator decided and allows, and where the file goes."""

    out: Path | None = None
    decide: tuple[str, ...] = ()
    check: bool = False
    strict: bool = False
    events_understood: bool = False


def adopt(app: App, wishes: Wishes) -> Result:
    """Take over what is clear, and write down what the account calls and asks."""
    file = file_for(app, wishes.out)
    if file is None and not wishes.check:
        raise UsageError(
            "the packaged catalogue is not rewritten, and no file is named",
            code="adopt-unnamed",
            hint="add --out FILE; --check only shows",
        )
    decisions = decisions_of(wishes.decide, chosen.catalogue(app.settings.catalog))
    app.progress.say(app.banner())
    catalogue = chosen.for_account(app)
    if wishes.check:
        return _checked(app, _matched(app, catalogue, decisions), file, wishes)
    assert file is not None
    with app.lock(KIND):
        refuse_open_run(app, KIND)
        adoption = _matched(app, catalogue, decisions)
        target = target_of(app, adoption, file)
        result = _carried_out(app, adoption, target, wishes)
    code = ExitCode.FINDINGS if wishes.strict and adoption.conflicts else ExitCode.DONE
    return replace(
        result,
        exit_code=worst(result.exit_code, code),
        summary={**_summary(app, adoption, file), **result.summary},
        tables=(*_tables(app, adoption, target), *result.tables),
        findings=(*adoption.findings, *result.findings),
    )


def _matched(app: App, catalogue: Catalogue, decisions: Decisions) -> Adoption:
    """Read the account and match; count who pays what a person has to decide."""
    shop = Shopping(
        catalog=app.ports.stripe,
        clock=app.clock,
        progress=app.progress,
        catalogue=catalogue,
    ).look(currency=app.account.default_currency)
    app.progress.close()
    adoption = match(catalogue, shop, decisions)
    if adoption.concerns:
        sales = count_subscribers(
            app.ports, app.clock, app.progress, watched=adoption.concerns
        )
        known = replace(shop, subscribers=sales.subscribers())
        app.progress.close()
        adoption = match(catalogue, known, decisions)
    return adoption


def _checked(app: App, adoption: Adoption, file: Path | None, wishes: Wishes) -> Result:
    """Show what would be done; nothing is written."""
    text = rewritten(app, adoption)
    target = None
    if file is not None:
        target = Target(file=file, text=text, present=present_in(file))
    is_done = _is_done(adoption, target)
    is_left = bool(adoption.conflicts) or not is_done
    parts = []
    if adoption.lanes:
        parts.append(f"{takeover.counted(adoption)} to take over")
    elif not is_done:
        parts.append("the file to be rewritten")
    return Result(
        command=COMMAND,
        headline=_headline(parts or ["nothing to take over"], adoption),
        exit_code=ExitCode.FINDINGS if is_left else ExitCode.DONE,
        summary=_summary(app, adoption, file),
        tables=_tables(app, adoption, target),
        findings=adoption.findings,
        next_steps=() if is_done else (_again(app, wishes, file),),
    )


def _is_done(adoption: Adoption, target: Target | None) -> bool:
    """Tell whether nothing is left to take over; a file without a pin may stay so."""
    is_written = adoption.is_empty or (target is not None and target.is_equal)
    return is_written and not adoption.lanes


def _carried_out(
    app: App, adoption: Adoption, target: Target, wishes: Wishes
) -> Result:
    """Mark what is taken over, then write the file: if all of it went well."""
    if not adoption.lanes and target.is_equal:
        said = ["nothing to take over", f"{target.file} is as it should be"]
        return Result(command=COMMAND, headline=_headline(said, adoption))
    if not adoption.lanes:
        return _only_the_file(app, adoption, target)
    result = carry_out(
        app,
        adoption.lanes,
        command=COMMAND,
        allowed=Allowed(events_understood=wishes.events_understood),
        preface=_preface(app, adoption, target),
    )
    if result.exit_code is not ExitCode.DONE or result.summary.get("steps_held"):
        return replace(
            result,
            headline=f"{result.headline}; {target.file} was not written",
            exit_code=worst(result.exit_code, ExitCode.PARTIAL),
            next_steps=(*result.next_steps, _again(app, wishes, target.file)),
        )
    target.write()
    parts = [f"took over {takeover.counted(adoption)}", _file_said(target)]
    return replace(
        result,
        headline=_headline(parts, adoption),
        next_steps=(_plan(app, target.file),),
    )


def _only_the_file(app: App, adoption: Adoption, target: Target) -> Result:
    if target.present is not None:
        for line in _preface(app, adoption, target):
            app.progress.say(line)
        app.confirm(f"rewrite {target.file}?")
    target.write()
    return Result(
        command=COMMAND,
        headline=_headline(
            ["nothing to write to Stripe", _file_said(target)], adoption
        ),
        next_steps=(_plan(app, target.file),),
    )


def _file_said(target: Target) -> str:
    return f"{target.file} " + ("is as it should be" if target.is_equal else "written")


def _preface(app: App, adoption: Adoption, target: Target) -> list[str]:
    """Say what the file will say, before anybody is asked."""
    rows = takeover.file_table(adoption, app.account.id).rows
    lines = [
        f"  in {target.file}: {where}: {before or 'none'} → {after}"
        for where, before, after in rows[:SHOWN]
    ]
    if len(rows) > SHOWN:
        lines.append(f"  and {len(rows) - SHOWN} more lines of it")
    return lines


def _headline(parts: list[str], adoption: Adoption) -> str:
    if adoption.conflicts:
        parts = [*parts, count_of(len(adoption.conflicts), "conflict")]
    return "; ".join(parts)


def _summary(app: App, adoption: Adoption, file: Path | None) -> dict[str, Json]:
    return {
        "account": f"{app.account.id} ({app.settings.mode})",
        "catalogue": chosen.place(app.settings.catalog),
        "file": None if file is None else str(file),
        "objects_taken_over": len(adoption.lanes),
        "conflicts": len(adoption.conflicts),
    }


def _tables(app: App, adoption: Adoption, target: Target | None) -> tuple[Table, ...]:
    """Return what is taken over and rewritten; no rows where the file says it all."""
    tables = (
        *takeover.taken_tables(adoption, app.shell.format),
        takeover.file_table(adoption, app.account.id),
    )
    if adoption.lanes or target is None or not target.is_equal:
        return tables
    is_read = app.shell.format not in takeover.FOR_PROGRAMS
    return () if is_read else tuple(replace(table, rows=()) for table in tables)


def _plan(app: App, file: Path) -> str:
    """Return the command that shows what differs now."""
    in_use = app.settings.catalog
    is_in_use = in_use is not None and in_use.resolve() == file.resolve()
    named = "" if is_in_use else f"ELEVA_CATALOG={quote(str(file))} "
    return f"{named}eleva catalog plan{global_flags(app)}"


def _again(app: App, wishes: Wishes, file: Path | None) -> str:
    """Return this command without --check: what is done is not done twice."""
    words = ["eleva", "catalog", "adopt"]
    if file is None or file != app.settings.catalog:
        words += ["--out", quote(str(file or "catalog.toml"))]
    for each in wishes.decide:
        words += ["--decide", quote(each)]
    return " ".join(words) + global_flags(app)
