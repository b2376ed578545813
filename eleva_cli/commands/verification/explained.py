"""`explain`: find who is meant, read their chain afresh, judge it, tell the story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from eleva_cli.audit import Flaw
from eleva_cli.bootstrap import App, global_flags
from eleva_cli.catalog import Catalogue
from eleva_cli.chain import Case, Settled
from eleva_cli.chain.answering import Asked, meeting, weightiest
from eleva_cli.chain.showing import COLUMNS, Shown, rows_of, tree_of
from eleva_cli.chain.view import View
from eleva_cli.commands.catalogue import chosen
from eleva_cli.commands.verification import historied, whom
from eleva_cli.commands.verification.request import Given, Request, read_files
from eleva_cli.commands.verification.telling import of_tokens
from eleva_cli.commands.verification.whom import Whom
from eleva_cli.errors import ExitCode, worst
from eleva_cli.journal.audit_rows import Taken
from eleva_cli.journal.audits import Look, last_whole
from eleva_cli.journal.touching import customers_naming
from eleva_cli.observe import lived_on
from eleva_cli.observe.one import One
from eleva_cli.outcome import Branch, Failure, Json, Result, Table
from eleva_cli.plan import Finding, Severity
from eleva_cli.verify import check

COMMAND = "explain"
NO_MEMBERSHIP = "no organization has this user as a member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The flags as given."""

    who: str
    organization: str | None = None
    tokens: str | None = None
    unsigned_claims: bool = False
    every: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case with what is wrong for whom was asked about, and how it is shown."""

    asked: Asked
    shown: Shown

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """Give what is wrong."""
        return self.asked.flaws


def explain(app: App, question: Question) -> Result:
    """Answer why somebody can or cannot use something; only reads."""
    whom.check(question.who, question.organization)
    app.progress.say(app.banner())
    catalogue = chosen.for_account(app)
    files = Request(tokens=question.tokens, unsigned_claims=question.unsigned_claims)
    given = read_files(app, files)
    who = whom.find(app, question.who, question.organization)
    one = reading(app, catalogue, who)
    cases = one.cases(who.names, who.user, who.memberships)
    if not cases and who.user is None:
        raise whom.unknown(question.who)
    judged = _judged(app, catalogue, who, _with_claims(cases, given))
    shown = historied.Shown(most=0) if question.every else historied.Shown()
    story = historied.read(app, who, cases, shown)
    app.progress.close()
    return Result(
        command=COMMAND,
        headline=_headline(who, judged),
        exit_code=worst(_status(judged), *_broken_off(story)),
        summary=_summary(app, who, one.same_address),
        tables=(_chain(who, judged), *_answers(judged), story.table),
        findings=(*_findings(judged), *of_tokens(given.untold)),
        errors=() if story.error is None else (Failure.of(story.error),),
        next_steps=tuple(_next_steps(app, judged, one.same_address)),
    )


def reading(app: App, catalogue: Catalogue, who: Whom) -> One:
    """Say what to go by where a service cannot be asked: the last look, if any."""
    stamps = catalogue.stamps.values()
    taken = Taken(
        names=app.settings.document.metadata.names(),
        stamps=frozenset(name for kind in stamps for name in kind),
        masks=True,
    )
    mode = app.settings.mode
    last = last_whole(app.store, app.account.id, mode)
    organizations = [name for name in who.names if name.startswith("org_")]
    hints = {
        customer
        for name in organizations or [""]
        for customer in customers_naming(
            app.store,
            account=app.account.id,
            mode=mode,
            organization=name,
            user=who.user_id or "",
        )
    }
    return One(
        ports=app.ports,
        clock=app.clock,
        progress=app.progress,
        taken=taken,
        look=None if last is None else Look(app.store, last.id, taken),
        hints=sorted(hints),
    )


def _with_claims(cases: Iterable[Case], given: Given) -> list[Case]:
    return [replace(case, claims=given.claims.of_case(case)) for case in cases]


def _judged(
    app: App, catalogue: Catalogue, who: Whom, cases: Sequence[Case]
) -> tuple[Judged, ...]:
    names = lived_on.products_of(cases, catalogue)
    shop = lived_on.look(app.ports.stripe, names, app.clock, app.progress)
    now = int(app.clock.now())
    document = app.settings.document
    settled = Settled(
        catalogue=catalogue,
        shop=shop,
        now=now,
        grace_days=document.verify.grace_days,
        token_life_s=document.tokens.lifetime_s,
        ownership=document.roles.sole_owner,
    )
    return tuple(_of_case(case, settled, who.user_id) for case in cases)


def _of_case(case: Case, settled: Settled, user: str | None) -> Judged:
    verdict = check(case, settled)
    payer = View(case=case, settled=settled).payer
    flaws = meeting(verdict.flaws, case, user)
    return Judged(
        asked=Asked(case=case, settled=settled, flaws=flaws, user=user),
        shown=Shown(case=case, chain=verdict.chain, user=user, payer=payer),
    )


def _headline(who: Whom, judged: Sequence[Judged]) -> str:
    """Answer in one sentence: of several organizations the worst."""
    if not judged:
        return f"{who.user_id} may use nothing: {NO_MEMBERSHIP}"
    named = weightiest(flaw for one in judged for flaw in one.flaws)
    first = next((one for one in judged if named in one.flaws), judged[0])
    answer = first.asked.answer()
    if len(judged) == 1:
        return answer
    return f"{answer} – in {first.asked.case.name}, one of {len(judged)}"  # noqa: RUF001


def _status(judged: Sequence[Judged]) -> ExitCode:
    """Notes do not count: they settle by themselves."""
    severities = {flaw.finding.severity for one in judged for flaw in one.flaws}
    is_clean = severities <= {Severity.NOTE}
    return ExitCode.DONE if is_clean else ExitCode.FINDINGS


def _broken_off(story: historied.Story) -> Iterator[ExitCode]:
    if story.error is not None:
        yield ExitCode.UNCHECKED


def _summary(app: App, who: Whom, same_address: Sequence[str]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if who.user is not None:
        found["user"] = who.user.id
    if same_address:
        found["same_address"] = list(same_address)
    return {**found, "calls": sum(app.ports.made().values())}


def _answers(judged: Sequence[Judged]) -> Iterator[Table]:
    """Answer for each organization, where there are several."""
    if len(judged) > 1:
        rows = tuple((one.asked.case.name, one.asked.answer()) for one in judged)
        columns = ("where", "answer")
        yield Table(name="answers", title="answers", columns=columns, rows=rows)


def _chain(who: Whom, judged: Sequence[Judged]) -> Table:
    shown = [one.shown for one in judged]
    if shown:
        rows, tree = rows_of(shown), tree_of(shown)
    else:
        alone = (None, None, who.user_id, "membership", "unknown", "")
        rows = ((*alone, "a membership", "none", ""),)
        tree = (
            Branch(text=who.user_id or ""),
            Branch(text="membership: none", depth=1, mark="unknown"),
        )
    return Table(name="chain", title="chain", columns=COLUMNS, rows=rows, tree=tree)


def _findings(judged: Sequence[Judged]) -> Iterator[Finding]:
    """Give what is wrong once, though two organizations may show it."""
    flaws = (flaw for one in judged for flaw in one.flaws)
    yield from {flaw.fingerprint: flaw.finding for flaw in flaws}.values()


def _next_steps(
    app: App, judged: Sequence[Judged], same_address: Sequence[str]
) -> Iterator[str]:
    """Give the commands that mend it, and whom else to look at."""
    flags = global_flags(app)
    fixes = (flaw.fix for one in judged for flaw in one.flaws)
    steps = [fix for fix in fixes if fix.startswith("eleva ")]
    steps += [f"eleva explain {name}" for name in same_address]
    yield from (f"{step}{flags}" for step in dict.fromkeys(steps))
