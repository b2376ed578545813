"""Both services in a few lines of memory, with behaviour and a script of failures."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

from eleva_cli.errors import MissingError
from eleva_cli.ports import Customer, Organization, Ports, Written


class Services:
    """
    Stripe and WorkOS, as far as actions touch them.

    `fail` queues errors for a call by its name: before the effect, or after it.
    `hear` is told of every call at its start.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.links: dict[str, str | None] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.keys: dict[str, Written[Customer]] = {}
        self.done: list[str] = []
        self.calls: list[str] = []
        self.hear: Callable[[str], None] = lambda _: None
        self._before: dict[str, deque[BaseException]] = defaultdict(deque)
        self._after: dict[str, deque[BaseException]] = defaultdict(deque)

    def fail(self, call: str, *errors: BaseException, after: bool = False) -> None:
        (self._after if after else self._before)[call].extend(errors)

    def ports(self) -> Ports:
        both: Any = self
        return Ports(stripe=both, workos=both)

    def organization(self, organization_id: str) -> Organization:
        self._begin(f"get {organization_id}")
        with self.lock:
            return self._organization(organization_id)

    def set_link(
        self, organization_id: str, customer_id: str | None
    ) -> Written[Organization]:
        call = f"link {organization_id}"
        self._begin(call)
        with self.lock:
            self.links[organization_id] = customer_id
            self.done.append(f"{call} {customer_id}")
            found = self._organization(organization_id)
        self._end(call)
        return Written(value=found, request_id="req_1")

    def customer(self, customer_id: str) -> Customer:
        self._begin(f"get {customer_id}")
        with self.lock:
            return self._customer(customer_id)

    def update_customer(
        self, customer_id: str, metadata: Mapping[str, str | None], *, key: str
    ) -> Written[Customer]:
        call = f"stamp {customer_id}"
        self._begin(call)
        with self.lock:
            if key in self.keys:
                known = self.keys[key]
                return Written(value=known.value, replayed=True)
            mine = self.metadata.setdefault(customer_id, {})
            for name, value in metadata.items():
                mine.pop(name, None)
                if value is not None:
                    mine[name] = value
            self.done.append(call)
            self.keys[key] = Written(value=self._customer(customer_id))
        self._end(call)
        return self.keys[key]

    def _begin(self, call: str) -> None:
        with self.lock:
            self.calls.append(call)
            queue = self._before[call]
            error = queue.popleft() if queue else None
        self.hear(call)
        if error is not None:
            raise error

    def _end(self, call: str) -> None:
        with self.lock:
            queue = self._after[call]
            error = queue.popleft() if queue else None
        if error is not None:
            raise error

    def _organization(self, organization_id: str) -> Organization:
        return Organization(
            id=organization_id,
            name="",
            external_id=None,
            stripe_customer_id=self.links.get(organization_id),
            metadata={},
        )

    def _customer(self, customer_id: str) -> Customer:
        if customer_id == "cus_gone":
            raise MissingError("gone", code="not-found", service="stripe")
        return Customer(
            id=customer_id,
            created=0,
            email=None,
            livemode=False,
            metadata=dict(self.metadata.get(customer_id, {})),
        )
