"""One audit with everything in it, some of it hostile, and larger ones of its kind.

`HOSTILE` is what a name, a message or an id may hold: markup, handlers, links that run,
formulas, commands of CI, terminal controls, characters that turn the line around.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eleva_cli.audit import Audit, Flaw, Judged, Person, Stand, Standing
from eleva_cli.plan import Finding, Severity

NOW = 1_795_377_600  # 2026-11-22 20:00 UTC
HOSTILE = (
    "<script>hit('tag')</script>",
    "</script><script>hit('end')</script>",
    "<img src=x onerror=hit('img')>",
    "\"><svg onload=hit('svg')>",
    "' onmouseover='hit(1)' x='",
    "javascript:hit('link')",
    "<a href=\"javascript:hit('a')\">x</a>",
    "<iframe src=https://evil.example/frame></iframe>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<!-- ]]> {{data}} {{script}} ${1} -->",
    '=HYPERLINK("https://evil.example";"x")',
    "+1+cmd|' /C calc'!A0",
    "\u202egnp.exe\u2066\u2028\u2029",
    "\x1b[31mred\x1b[0m \x00\x08\x9b \ufffe\uffff \ud800",
    "::error title=forged::forged",
    "##[error]forged ::stop-commands::x",
    "100% a,b: c\r\n::warning::forged",
    "| cell | <b>bold</b> [x](javascript:hit(2)) `code`",
    "&lt;b&gt; &amp; &#x3c;script&#x3e;",
)
USER = "user_01HSAMPLEUSERAAAABBBBCCCC"
ORGANIZATION = "org_01HSAMPLEORGAAAABBBBCCCCD"
CUSTOMER = "cus_NffrFeUfNV2Hib"
EMAIL = "ana.pereira@example.com"


def flaw(
    code: str,
    number: int = 1,
    *,
    severity: Severity = Severity.ERROR,
    stand: Stand = "pays-cannot-use",
    paid: int = 0,
    days: int | None = None,
    due: int | None = None,
    message: str = "pays, and no organization carries the customer",
) -> Flaw:
    """Make a flaw of the user with a number."""
    customer = f"{CUSTOMER}{number:02}"
    return Flaw(
        finding=Finding(
            code=code,
            severity=severity,
            subject=customer,
            message=message,
            hint=f"ask {EMAIL}",
            evidence={"request": "req_8dAbCdEfGhIj12", "customer": customer},
        ),
        stand=stand,
        user=f"{USER}{number:02}",
        organization=f"{ORGANIZATION}{number:02}",
        customer=customer,
        monthly={"eur": paid} if paid else {},
        days=days,
        due=due,
        fix=f"eleva link set {ORGANIZATION}{number:02} {customer}",
    )


def judged(flaw: Flaw, standing: Standing = "counts", why: str = "") -> Judged:
    """Say how a flaw counts."""
    return Judged(flaw=flaw, standing=standing, why=why)


def person(number: int, code: str | None = None) -> Person:
    """Make a checked user."""
    return Person(
        user=f"{USER}{number:02}",
        email=EMAIL,
        organization=f"{ORGANIZATION}{number:02}",
        customer=f"{CUSTOMER}{number:02}",
        tier="top",
        role="expert_top",
        code=code,
        stand="pays-cannot-use" if code else None,
    )


def audit(*flaws: Judged, people: Sequence[Person] = (), partial: str = "") -> Audit:
    """Wrap flaws up as one night's look."""
    return Audit(
        title="Eleva Care, nightly",
        account="acct_1NvEleva0aBcDeFg",
        mode="live",
        began_at=NOW,
        ended_at=NOW + 754,
        judged=flaws,
        people=tuple(people),
        counts={"users": 412, "organizations": 96},
        depth={"derived": 400, "exact": 12},
        calls=1311,
        partial=partial,
    )


def sample() -> Audit:
    """
    Return three findings, two of them new, and one of each kind that does not count.

    In money: one customer pays €59 a month and cannot use it.
    """
    drift = {"severity": Severity.WARNING, "stand": "drift"}
    return audit(
        judged(flaw("role-stale", 2, **drift), "new"),  # type: ignore[arg-type]
        judged(flaw("customer-unlinked", 1, paid=5900, days=12), "new"),
        judged(flaw("entitled-without-paying", 3, stand="uses-does-not-pay")),
        judged(flaw("role-stale", 4, **drift), "waived", f"agreed with {EMAIL}"),  # type: ignore[arg-type]
        judged(flaw("customer-unlinked", 5, paid=2500), "baseline"),
        judged(flaw("customer-unlinked", 6, paid=2500), "unconfirmed"),
        judged(
            flaw(
                "pending-next-period",
                7,
                severity=Severity.NOTE,
                stand="later",
                due=NOW + 8 * 86_400,
            )
        ),
        people=[
            person(1, "customer-unlinked"),
            person(2, "role-stale"),
            person(3, "entitled-without-paying"),
            *(person(number) for number in (8, 9, 10)),
        ],
    )


def hostile() -> Audit:
    """Return the sample with a hostile text wherever data can stand."""
    found: list[Judged] = []
    people: list[Person] = []
    for number, text in enumerate(HOSTILE):
        one = flaw("customer-unlinked", number, paid=5900, message=text)
        finding = replace(
            one.finding,
            code=text if number % 2 else one.code,
            subject=text,
            hint=text,
            evidence={text: text},
        )
        whose = {"user": text, "organization": text, "customer": text, "fix": text}
        found.append(judged(replace(one, finding=finding, **whose), "new", text))  # type: ignore[arg-type]
        people.append(
            Person(
                user=text,
                email=text,
                organization=text,
                customer=text,
                tier=text,
                role=text,
                code=text,
                stand="drift",
            )
        )
    everything = " ".join(HOSTILE)
    return replace(
        audit(*found, people=people, partial=everything),
        title=everything, account=everything, mode=everything,
        counts={everything: 3, "users": 2},
    )  # fmt: skip


def fleet(people: int, flaws: int) -> Audit:
    """Return an audit of many, the first of whom have a flaw."""
    codes = ("customer-unlinked", "role-stale", "entitlement-missing", "claim-missing")
    found = [
        judged(flaw(codes[number % 4], number, paid=5900, days=number % 90))
        for number in range(flaws)
    ]
    return audit(
        *found,
        people=[
            person(number, codes[number % 4] if number < flaws else None)
            for number in range(people)
        ],
    )
