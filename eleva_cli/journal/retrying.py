"""Which failed steps of a run may be tried again, and under which keys."""

from __future__ import annotations

from eleva_cli.journal.store import Store
from eleva_cli.plan import KINDS, Resend

# Others make the same under the same key: it stays, so that only one of us does. A
# stored refusal is told as one, and the engine takes the next key then.
SHARED = tuple(k for k, one in KINDS.items() if one.resend is Resend.SHARED_KEY)
# What may have arrived before it was refused is in doubt when it is sent again, too.
TWICE = "possibly-twice"
BEGUN = """
  select lane from steps where run = :run and amends is not null
  and (sent_at is not null or state in ('applied', 'verified', 'unchanged'))
"""
DROP_AMENDS = f"""
  delete from steps where run = :run and amends is not null and lane not in ({BEGUN})
"""
RETRY = f"""
  update steps set state = 'planned', code = null, message = null, attempts = 0,
    sent_at = iif(code = '{TWICE}', sent_at, null), key = null, ended_at = null,
    generation = generation + iif(kind in {SHARED}, 0, 1)
  where run = :run and state = 'failed'
  and (amends is not null or lane not in ({BEGUN}))
"""
RETRIABLE = f"""
  select count(*) from steps where run = :run and state = 'failed'
  and (amends is not null or lane not in ({BEGUN}))
"""


def put_back(store: Store, run: str) -> None:
    """
    Put failed steps back in line, under new keys: a stored refusal is replayed.

    Keys that are shared with other machines stay. A lane whose effects are being taken
    back stays failed; it is for a new plan. The caller holds the transaction.
    """
    store.conn.execute(DROP_AMENDS, {"run": run})
    store.conn.execute(RETRY, {"run": run})
