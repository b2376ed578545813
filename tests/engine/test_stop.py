"""The second signal leaves at once, and the journal still resumes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eleva_cli.engine import Engine
from eleva_cli.engine.messages import AbandonedError, MarkSent, Message, Ticket
from eleva_cli.engine.stop import Stop, stop_on_signal
from eleva_cli.errors import ExitCode
from eleva_cli.journal import runs
from tests.engine.test_threads import Desk, lanes_alive
from tests.engine.world import states

PARTS = (
    *("store", "ports", "clock", "gate", "progress", "account"),
    *("threads", "tell", "foresee"),
)
STUCK = """
import sys, time
from pathlib import Path
from tests.engine.test_threads import Desk
desk = Desk(Path(sys.argv[1]))
run = desk.begin(5)
def hang(call):
    if call == "link org_0":
        sys.stdout.write("sent\\n"); sys.stdout.flush()
        time.sleep(60)
desk.services.hear = hang
desk.run(run, 1)
"""


def test_the_second_signal_leaves_at_once(
    tmp_path: Path, clean_env: dict[str, str]
) -> None:
    """130 with an answer outstanding; what was sent says so, the rest is planned."""
    root = Path(__file__).parents[2]
    path = tmp_path / "journal.db"
    env = {**clean_env, "PYTHONPATH": f"{root}:{clean_env['PYTHONPATH']}"}
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, str(path)],
        env=env,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    # Lanes come in hashed order: some are done before the one that hangs.
    assert "sent\n" == process.stdout.readline()
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=5)

    assert ExitCode.INTERRUPTED == process.returncode
    assert "eleva run resume" in said
    assert "Traceback" not in said
    desk = Desk(path)
    found = states(desk.steps("run-1"))
    assert ["sent", "planned"] == found["cus_0"]
    assert {"applied", "planned", "sent"} >= {
        s for lane in found.values() for s in lane
    }
    runs.take_over(desk.store, "run-1", now=desk.clock.now(), retry_failed=False)
    assert {"applied"} == set(desk.run("run-1").counts)
    desk.store.close()


def test_handlers_are_put_back() -> None:
    """Both, also when the block fails."""
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

    def fail() -> None:
        with stop_on_signal(Stop()):
            assert before[0] is not signal.getsignal(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]


def test_a_signal_raises_the_flag_and_nothing_else() -> None:
    """No lock, no output: it may come at any instruction."""
    stop = Stop()

    with stop_on_signal(stop):
        signal.raise_signal(signal.SIGTERM)

    assert (True, 1) == (stop.is_raised, stop.signals)


class Struck(Engine):
    """Is struck by an exception from without, with messages in hand."""

    def _drain(self) -> list[Message]:
        taken = super()._drain()
        if any(isinstance(message, MarkSent) for message in taken):
            raise KeyboardInterrupt
        return taken


@pytest.mark.timeout(30)
def test_a_main_thread_that_is_struck_leaves_nobody_waiting(tmp_path: Path) -> None:
    """What it had taken out is never answered: who waits for that sends nothing."""
    desk = Desk(tmp_path / "journal.db")
    run = desk.begin(3)
    engine = desk.engine(3)
    struck = Struck(**{name: getattr(engine, name) for name in PARTS})
    with pytest.raises(KeyboardInterrupt):
        struck.run(run)

    assert [] == lanes_alive()
    assert [] == desk.services.done
    runs.take_over(desk.store, run, now=desk.clock.now(), retry_failed=False)
    assert {"applied": 6} == desk.run(run).counts
    desk.store.close()


def test_the_first_answer_stands() -> None:
    """A row that is on disk is on disk, whatever is said of it later."""
    ticket = Ticket()
    ticket.resolve()
    ticket.resolve(AbandonedError())

    ticket.wait(lambda: True)
