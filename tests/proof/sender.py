"""A sender of events as Stripe is one, in a process of its own: it sends until taken.

Some of what it sends goes wrong on the way, on purpose. It writes down when it was told
what, so that nobody has to believe the receiver.
"""

from __future__ import annotations

import heapq
import json
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from eleva_cli.sandbox.delivery.post import sign

THREADS = 48
TIMEOUT_S = 12.0
AGAIN_S = 2.0
LATE_S = 0.25
PATIENCE_S = 60.0
# What happens to how many of a thousand tries.
FAULTS = {"forged": 30, "half": 20, "deaf": 20, "slow": 5, "twice": 50}
SLOW_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be sent, where, how fast and for how long."""

    port: int
    secret: str
    rate: float
    seconds: float
    customers: list[str]
    seed: int = 1


@dataclass
class Book:
    """What was told of each event, and how long each answer took."""

    said_yes: dict[str, int] = field(default_factory=dict)
    tries: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    took_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    seconds: float = 0.0


class Sender:
    """Sends every event when its time has come, and again until it is taken."""

    def __init__(self, job: Job) -> None:
        self.job, self.book = job, Book()
        self._lock = threading.Condition()
        self._chance = Random(job.seed)
        self._due: list[tuple[float, int, bool]] = []
        self._open = 0

    def run(self) -> Book:
        began = time.monotonic()
        count = int(self.job.rate * self.job.seconds)
        self._due = [(began + n / self.job.rate, n, True) for n in range(count)]
        self._open = count
        threads = [threading.Thread(target=self._work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(self.job.seconds + PATIENCE_S)
        self.book.sent, self.book.seconds = count, time.monotonic() - began
        return self.book

    def _work(self) -> None:
        while (job := self._next()) is not None:
            number, is_first = job
            fault = self._fault()
            began = time.monotonic()
            status = self._try(number, fault)
            took_ms = (time.monotonic() - began) * 1000
            if is_first and 200 <= status < 300 and fault != "slow":
                self.book.first_ms.append(took_ms)
            self._note(number, fault, status, took_ms)

    def _next(self) -> tuple[int, bool] | None:
        """Wait for the next; tell whether it is sent in time, and not once more."""
        with self._lock:
            while self._open:
                if not self._due:
                    self._lock.wait(0.1)
                    continue
                wait_s = self._due[0][0] - time.monotonic()
                if wait_s <= 0:
                    _, number, is_first = heapq.heappop(self._due)
                    return number, is_first and -wait_s < LATE_S
                self._lock.wait(min(wait_s, 0.1))
        return None

    def _fault(self) -> str:
        with self._lock:
            drawn = self._chance.randrange(1000)
        for name, share in FAULTS.items():
            drawn -= share
            if drawn < 0:
                return name
        return ""

    def _note(self, number: int, fault: str, status: int, took_ms: float) -> None:
        with self._lock:
            book = self.book
            book.tries += 1
            if fault:
                book.faults[fault] = book.faults.get(fault, 0) + 1
            is_taken = 200 <= status < 300
            if is_taken:
                name = f"evt_{number}"
                book.said_yes[name] = book.said_yes.get(name, 0) + 1
                if fault != "slow":
                    book.took_ms.append(took_ms)
            elif fault in ("", "twice"):
                book.refused[str(status)] = book.refused.get(str(status), 0) + 1
            if not is_taken:
                heapq.heappush(self._due, (time.monotonic() + AGAIN_S, number, False))
            elif fault == "twice":
                heapq.heappush(self._due, (time.monotonic(), number, False))
            else:
                self._open -= 1
            self._lock.notify()

    def _try(self, number: int, fault: str) -> int:
        text = json.dumps(self._event(number), indent=2)
        secret = "whsec_forged" if fault == "forged" else self.job.secret
        head = (
            "POST /stripe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            "Content-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(text)}\r\n"
            f"Stripe-Signature: {sign(secret, text, int(time.time()))}\r\n\r\n"
        )
        try:
            return self._spoken(f"{head}{text}".encode(), fault)
        except OSError:
            return 0

    def _spoken(self, message: bytes, fault: str) -> int:
        address = ("127.0.0.1", self.job.port)
        with socket.create_connection(address, TIMEOUT_S) as connected:
            middle = len(message) // 2
            connected.sendall(message[:middle])
            if fault == "half":
                return 0
            if fault == "slow":
                time.sleep(SLOW_S)
            connected.sendall(message[middle:])
            if fault == "deaf":
                return 0
            with connected.makefile("rb") as answer:
                words = answer.readline().split()
                answer.read()
        return int(words[1]) if len(words) > 1 else 0

    def _event(self, number: int) -> dict[str, Any]:
        customers = self.job.customers
        customer = customers[number % len(customers)]
        about = {
            "id": f"sub_of_{customer}",
            "object": "subscription",
            "customer": customer,
            "status": "active",
            "items": {"object": "list", "data": []},
            "metadata": {"note": "x" * 1500},
        }
        return {
            "id": f"evt_{number}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "livemode": False,
            "pending_webhooks": 1,
            "type": "customer.subscription.updated",
            "data": {"object": about},
        }


def main() -> None:
    """Read the job from a file, send, and write the book into another."""
    job = Job(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    book = Sender(job).run()
    Path(sys.argv[2]).write_text(json.dumps(asdict(book)), encoding="utf-8")


if __name__ == "__main__":
    main()
