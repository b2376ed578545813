"""`sandbox fault`: rules of what goes wrong, in the kept sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eleva_cli.commands.sandbox.kept import open_store
from eleva_cli.errors import UsageError
from eleva_cli.outcome import Cell, Json, Result, Table
from eleva_cli.sandbox.faults import MEANINGS, FaultError, Faults

COMMAND = "sandbox fault"
COLUMNS = ("rule", "kind", "meets", "turns", "how")
FLAGS = {"seed": "--seed", "effect": "--after-effect"}


def fault(given: Mapping[str, object], *, listing: bool, clear: bool) -> Result:
    """Add a rule, or show or remove those there are."""
    asked = (bool(given), listing, clear)
    if sum(asked) != 1:
        raise UsageError(
            "give one of KIND, --list and --clear",
            code="fault-rule",
            hint="see the kinds with: eleva sandbox fault --list",
        )
    store = open_store()
    try:
        faults = Faults(store)
        if clear:
            faults.remove()
            return Result(command=COMMAND, headline="no rules")
        if not listing:
            faults.add(given)
        rules = faults.listed()
    except FaultError as error:
        raise _wrong(str(error)) from error
    finally:
        store.close()
    return _shown(rules, with_kinds=listing)


def _wrong(message: str) -> UsageError:
    """Name the flag where the rule names its field."""
    field, _, what = message.removeprefix("faults.").partition(": ")
    flag = "KIND" if field == "kind" else FLAGS.get(field, f"--{field}")
    return UsageError(
        f"{flag}: {what}",
        code="fault-rule",
        hint="what each kind does: eleva sandbox fault --list",
    )


def _shown(rules: Sequence[Mapping[str, Json]], *, with_kinds: bool) -> Result:
    count = len(rules)
    tables = [_rules_table(rules)]
    if with_kinds:
        tables.append(
            Table(
                name="kinds",
                title="Kinds",
                columns=("kind", "what it does"),
                rows=tuple(MEANINGS.items()),
            )
        )
    headline = f"{count} rule{'' if count == 1 else 's'}; the first that fits is met"
    return Result(
        command=COMMAND,
        headline=headline if count else "no rules",
        tables=tuple(tables),
        next_steps=("eleva sandbox fault --clear",) if count else (),
    )


def _rules_table(rules: Sequence[Mapping[str, Json]]) -> Table:
    return Table(
        name="faults",
        title="Faults",
        columns=COLUMNS,
        rows=tuple(
            (str(r["id"]), str(r["kind"]), _meets(r), _turns(r), _how(r)) for r in rules
        ),
    )


def _meets(rule: Mapping[str, Json]) -> Cell:
    """Say which calls a rule is for, leaving out what is for any."""
    said = [str(rule[name]) for name in ("service", "method", "template", "path")]
    return " ".join(word for word in said if word != "*") or "any call"


def _turns(rule: Mapping[str, Json]) -> Cell:
    words = [_times(rule["count"])]
    if rule["skip"]:
        words.append(f"after {rule['skip']}")
    if rule["probability"] != 1:
        words.append(f"by chance {rule['probability']} (seed {rule['seed']})")
    return ", ".join(words)


def _times(count: Json) -> str:
    if count is None:
        return "always"
    return "once" if count == 1 else f"{count} times"


def _how(rule: Mapping[str, Json]) -> Cell:
    words = []
    if rule["kind"] == "status":
        words.append(str(rule["status"]))
    if rule["effect"]:
        words.append("after the effect")
    if rule["seconds"]:
        words.append(f"{rule['seconds']} s")
    return ", ".join(words)
