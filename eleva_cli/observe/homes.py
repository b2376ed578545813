"""Reads where the users of grants are: their organizations, links and roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eleva_cli.engine.pool import Pool
from eleva_cli.errors import MissingError
from eleva_cli.invite import Grant, Rules
from eleva_cli.invite.standing import Home
from eleva_cli.observe.present import members_beside, membership_in
from eleva_cli.ports import Clock, Ports
from eleva_cli.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Reads where the users of grants are, each user and organization once."""

    ports: Ports
    clock: Clock
    progress: Progress
    rules: Rules
    threads: int = 32

    def of(self, grants: Sequence[Grant]) -> dict[tuple[str, str], Home]:
        """Return the home of each user in each organization that the grants name."""
        wanted = {pair for one in grants if (pair := place_of(one)) is not None}
        found: dict[tuple[str, str], Home] = {}
        self.progress.phase("reading roles", len(wanted))

        def take(pair: tuple[str, str], home: Home) -> list[tuple[str, str]]:
            found[pair] = home
            self.progress.advance(1)
            return []

        Pool(
            read=self._read,
            take=take,
            tick=self.progress.tick,
            clock=self.clock,
            threads=self.threads,
        ).drain(sorted(wanted))
        return found

    def _read(self, pair: tuple[str, str]) -> Home:
        user, organization_id = pair
        workos = self.ports.workos
        try:
            organization = workos.organization(organization_id)
            rows = workos.memberships_of_user(user)
        except MissingError:
            return Home(organization=None, membership=None)
        membership = membership_in(rows, organization_id)
        members: int | None = None
        if membership and self.rules.ownership not in (None, "keep"):
            members = members_beside(workos, membership)
        return Home(organization=organization, membership=membership, members=members)


def place_of(grant: Grant) -> tuple[str, str] | None:
    """Return the user and organization of a grant, `None` where it names none."""
    if grant.user and grant.organization:
        return grant.user, grant.organization
    return None
