"""`catalog validate`: what is wrong with a file, each mistake by its line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from eleva_cli.catalog import Mistake
from eleva_cli.catalog.exports.against import against as compare
from eleva_cli.catalog.rules.roles import unknown
from eleva_cli.commands.catalogue.shown import count_prices
from eleva_cli.errors import ExitCode, UsageError
from eleva_cli.inputs.catalogue import mistakes_of, placed
from eleva_cli.outcome import Result
from eleva_cli.output.wording import count_of
from eleva_cli.plan import Finding, Severity


def check(
    text: str,
    title: str,
    *,
    strict: bool,
    against: Path | None,
    roles: Callable[[], Collection[str]] | None = None,
) -> Result:
    """
    Check a text; `strict` makes warnings count, `against` compares another file.

    `roles` asks which there are; it is called only if the text is right.
    """
    catalogue, mistakes = mistakes_of(text, title)
    errors = sum(one.severity is Severity.ERROR for one in mistakes)
    warnings = len(mistakes) - errors
    counts = {"errors": errors, "warnings": warnings}
    if catalogue is not None and not errors:
        counts |= {
            **count_prices(catalogue),
            "products": len(catalogue.products),
            "features": len(catalogue.features),
        }
    findings = list(findings_of(mistakes, title))
    headline = _headline(title, errors, warnings)
    differences: list[Mistake] = []
    if against is not None and catalogue is not None and not errors:
        differences = compare(_other(against), catalogue)
        findings += findings_of(differences, str(against))
        counts["differences"] = len(differences)
        headline += _agreement(against, len(differences))
    absent: list[Mistake] = []
    if roles is not None and catalogue is not None and not errors:
        absent = placed(text, unknown(catalogue, roles()))
        findings += findings_of(absent, title)
        counts["unknown_roles"] = len(absent)
        headline += _presence(len(absent))
    found = len(differences) + len(absent) + warnings * strict
    return Result(
        command="catalog validate",
        headline=headline,
        exit_code=_exit_code(errors, found),
        summary={"file": title, **counts},
        findings=tuple(findings),
    )


def _exit_code(errors: int, found: int) -> ExitCode:
    if errors:
        return ExitCode.USAGE
    return ExitCode.FINDINGS if found else ExitCode.DONE


def _other(path: Path) -> str:
    """Return the text of the file to compare."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"byte {error.start} is not UTF-8"
    except OSError as error:
        why = error.strerror or str(error)
    raise UsageError(
        f"{path}: {why}",
        code="against-unreadable",
        hint="name the application's subscription-lookup-keys.ts",
    )


def _agreement(path: Path, differences: int) -> str:
    if differences:
        return f"; {path} differs: {count_of(differences, 'difference')}"
    return f"; {path} has the same lookup keys"


def _presence(absent: int) -> str:
    if absent:
        return f"; WorkOS does not have {count_of(absent, 'role')} of it"
    return "; WorkOS has all its roles"


def findings_of(mistakes: Iterable[Mistake], title: str) -> Iterable[Finding]:
    """Return mistakes as findings whose subject is the line of the file."""
    for one in mistakes:
        where = f"{title}:{one.line}" if one.line else title
        evidence = {"place": one.place} | ({"line": str(one.line)} if one.line else {})
        yield Finding(
            code=one.code,
            severity=one.severity,
            subject=where,
            message=one.message,
            hint=one.hint,
            evidence=evidence,
        )


def _headline(title: str, errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return f"{title} is clean"
    parts = [
        count_of(count, word)
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return f"{title}: {', '.join(parts)}"
