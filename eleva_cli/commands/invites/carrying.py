"""Opens a run of `eleva invite`: lanes of actions, without a plan before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from eleva_cli.bootstrap import App
from eleva_cli.commands.invites.terms import KIND
from eleva_cli.journal import runs
from eleva_cli.plan import Action


def begin(app: App, lanes: Iterable[tuple[str, Sequence[Action]]]) -> str:
    """Return a new run with these lanes; two of one name become one."""
    together: defaultdict[str, list[Action]] = defaultdict(list)
    for lane, actions in lanes:
        together[lane] += actions
    with app.store.write():
        run = runs.begin(
            app.store,
            kind=KIND,
            account=app.account.id,
            mode=app.settings.mode,
            plan=None,
            now=app.clock.now(),
        )
        for lane in sorted(together):
            runs.add_steps(app.store, run, lane, together[lane])
    return run
