"""The bounds of sending, against each other."""

from __future__ import annotations

from eleva_cli.sandbox.delivery import courier, post, queue
from tests.sandbox.sources import ours


@ours
def test_what_is_taken_is_sent_before_another_may_take_it() -> None:
    """Even when every receiver uses up all of the patience there is."""
    assert courier._AT_ONCE * post.TIMEOUT_S < queue.HELD_S
