"""A case's chain as a tree for people and as rows for programs; no judgement.

Shared links stand in the chain's order. Of several members each has a branch of its
own; of one, theirs stand among the shared ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from eleva_cli.chain import Case, Member
from eleva_cli.chain.told import Link, Mark
from eleva_cli.outcome import Branch, Cell

COLUMNS = (
    "organization",
    "customer",
    "user",
    "link",
    "mark",
    "subject",
    "expected",
    "found",
    "code",
)
UNKNOWN_TOKEN = "unknown: what the user's present token says; give it with --tokens"  # noqa: S105
MOST_MEMBERS = 5
WAITING: Mapping[str, tuple[Mark, str]] = {
    "pending": ("later", "pending: invited, and has not accepted"),
    "inactive": ("skipped", "inactive: it was deactivated"),
}
UNPAID = {
    "customer": "not linked, and no customer is known that pays",
    "subscription": "no customer",
    "entitlements": "no customer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A case with its chain; with `user` only what is that member's, or shared."""

    case: Case
    chain: tuple[Link, ...]
    user: str | None = None
    payer: str | None = None

    @property
    def links(self) -> tuple[Link, ...]:
        """Give the links of interest; what nobody told of a token is said as such."""
        users = {member.user for member in self.members}
        kept = (e for e in self.chain if e.user is None or e.user in users)
        return tuple(self._reworded(each) for each in kept)

    def _reworded(self, link: Link) -> Link:
        """Say what is nobody's fault, and why somebody cannot use anything still."""
        case = self.case
        if link.name == "claim" and link.mark == "unknown":
            told = link.user in case.claims
            return link if told else replace(link, found=UNKNOWN_TOKEN)
        if link.name == "membership" and link.mark == "ok" and link.found in WAITING:
            mark, words = WAITING[link.found]
            return replace(link, mark=mark, expected="active", found=words)
        is_unpaid = case.organization and case.link is None and case.buyer is None
        if is_unpaid and link.name in UNPAID and not link.code:
            return replace(link, mark="skipped", expected="", found=UNPAID[link.name])
        return link

    @property
    def members(self) -> tuple[Member, ...]:
        """Give the members of interest: the one who is asked about, or a few."""
        if self.user is not None:
            return tuple(each for each in self.case.members if each.user == self.user)
        ranked = sorted(self.case.members, key=self._rank)
        return tuple(ranked[:MOST_MEMBERS])

    @property
    def unshown(self) -> int:
        """Count the members who are left out, for there are so many."""
        return 0 if self.user else len(self.case.members) - len(self.members)

    def _rank(self, member: Member) -> tuple[bool, bool, str]:
        return member.user != self.payer, member.status != "active", member.membership

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """Give one row a link."""
        case = self.case
        for link in self.links:
            yield (
                case.organization,
                customer_of(case),
                link.user,
                link.name,
                link.mark,
                link.subject,
                link.expected,
                link.found,
                link.code,
            )

    def branches(self) -> Iterator[Branch]:
        """Give the tree, from the organization down."""
        yield Branch(text=self._root())
        if len(self.members) == 1:
            yield from (self._branch(each, 1) for each in self.links)
            return
        yield from (self._branch(each, 1) for each in self.links if each.user is None)
        for member in self.members:
            yield Branch(text=called(member), depth=1)
            own = (each for each in self.links if each.user == member.user)
            yield from (self._branch(each, 2) for each in own)
        if self.unshown:
            yield Branch(text=f"{self.unshown:,} more members", depth=1)

    def _root(self) -> str:
        case = self.case
        if case.organization is None:
            return f"{customer_of(case)}, no organization"
        if len(self.members) == 1:
            return f"{called(self.members[0])} in {case.organization}"
        return case.organization

    def _branch(self, link: Link, depth: int) -> Branch:
        found, name = link.found, f"{link.name} {link.subject}".strip()
        if link.mark == "skipped":
            return Branch(text=f"{link.name}: {found}", depth=depth, mark=link.mark)
        if found == UNKNOWN_TOKEN:
            return Branch(text=link.name, depth=depth, mark=link.mark, more=(found,))
        if link.mark == "ok":
            return Branch(text=f"{name}: {_both(link)}", depth=depth, mark=link.mark)
        lines = (("expected", link.expected), ("found", found))
        return Branch(
            text=f"{name}: {link.code or link.mark}",
            depth=depth,
            mark=link.mark,
            more=tuple(f"{word}: {text}" for word, text in lines if text),
        )


def _both(link: Link) -> str:
    """Say what was found, and what was expected where that reads otherwise."""
    if link.expected.startswith(link.found):
        return link.expected or "as it should be"
    return f"{link.found} (expected: {link.expected})" if link.expected else link.found


def called(member: Member) -> str:
    """Name a member, with the mask of the address where it is known."""
    return f"{member.user} ({member.email})" if member.email else member.user


def customer_of(case: Case) -> str | None:
    """Name the customer of a case: who pays, else who is linked."""
    return case.buyer.id if case.buyer is not None else case.link


def rows_of(shown: Sequence[Shown]) -> tuple[tuple[Cell, ...], ...]:
    """Give the rows of several cases."""
    return tuple(row for each in shown for row in each.rows())


def tree_of(shown: Sequence[Shown]) -> tuple[Branch, ...]:
    """Give the trees of several cases, one below the other."""
    return tuple(branch for each in shown for branch in each.branches())
