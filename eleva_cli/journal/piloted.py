"""What pilots did by this journal: whom they linked and when, whose item they switched.

Links that were taken back since are no pilot's any more. A switch that may have gone
out counts from when it was sent: what a token shows then is not the link's alone.
"""

from __future__ import annotations

from collections import defaultdict

from eleva_cli.journal.store import Store
from eleva_cli.pilot import Pilot
from eleva_cli.plan import LinkOrganization, load_action

KIND = "pilot"
DONE = "('applied', 'verified')"
LINKED = f"""
  select s.action, coalesce(s.sent_at, s.ended_at) as sent,
    coalesce(s.ended_at, s.sent_at) as at from steps s
  join runs r on r.id = s.run
  where r.kind = ? and r.account = ? and r.mode = ? and r.undo_of is null
    and s.kind = 'link_organization' and s.state in {DONE} and s.amends is null
  order by at
"""
SWITCHED = f"""
  select s.lane, coalesce(s.sent_at, s.ended_at) as sent,
    iif(s.state in {DONE}, coalesce(s.ended_at, s.sent_at), null) as at from steps s
  join runs r on r.id = s.run
  where r.kind = ? and r.account = ? and r.mode = ?
    and s.kind = 'revise_subscription'
    and (s.state in {DONE} or s.state in ('sent', 'in_doubt'))
  order by sent
"""
# A customer that a run made itself had no way to pay: nobody could have entered one.
FREE = f"""
  select 1 from steps s join runs r on r.id = s.run
  join steps m on m.run = s.run and m.lane = s.lane
  where r.account = ? and r.mode = ? and s.kind = 'create_subscription'
    and s.state in {DONE} and m.kind = 'create_customer' and m.state in {DONE}
  limit 1
"""


def pilots(store: Store, account: str, mode: str) -> list[Pilot]:
    """Return whom pilots of an account linked, in the order of their links."""
    mine = (KIND, account, mode)
    switched: defaultdict[str, list[tuple[float, float | None]]] = defaultdict(list)
    for row in store.rows(SWITCHED, *mine):
        switched[row[0]].append((row["sent"], row["at"]))
    found: dict[str, Pilot] = {}
    for row in store.rows(LINKED, *mine):
        action = load_action(row["action"])
        assert isinstance(action, LinkOrganization)
        since = [one for one in switched[action.after] if one[0] >= row["at"]]
        found[action.after] = Pilot(
            customer=action.after,
            organization=action.organization,
            linked_at=row["at"],
            asked_at=row["sent"],
            switched=(since[0][0], since[-1][1]) if since else None,
        )
    return list(found.values())


def granted_to_a_new_customer(store: Store, account: str, mode: str) -> bool:
    """Tell whether a run made a customer and gave it a free subscription that lives."""
    return store.one(FREE, account, mode) is not None
