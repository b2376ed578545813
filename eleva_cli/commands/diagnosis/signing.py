"""Whether our clock is good enough to sign: a signature is believed for minutes."""

from __future__ import annotations

from eleva_cli.commands.diagnosis.line import Line
from eleva_cli.commands.diagnosis.reach import FIRST, MOST_SKEW_S, skew_s
from eleva_cli.errors import ConfigError
from eleva_cli.ports import Clock, Ports

REFUSED_S = 60.0


def clock_warning(ports: Ports, clock: Clock) -> str | None:
    """
    Hold our clock against Stripe's, with one request, before anything is signed.

    Return a warning where it is off by more than 5 s, or where nobody could tell;
    raise `ConfigError` (`clock-skew`) where it is off by more than a minute, and a
    `RemoteError` where Stripe is not reached.
    """
    line = Line(service="stripe", base="", ports=ports, clock=clock)
    reading = line.get(FIRST["stripe"])
    if reading is not None and reading.error is not None:
        raise reading.error
    date = reading.answer.date if reading and reading.answer else None
    skew = skew_s(reading, date) if reading and date else None
    if skew is None:
        return "Stripe did not tell the time, so this clock was held against nothing"
    if abs(skew) <= MOST_SKEW_S:
        return None
    way = "behind" if skew > 0 else "ahead"
    told = f"the clock of this machine is {abs(skew):,.0f} s {way} of Stripe's"
    if abs(skew) <= REFUSED_S:
        return f"{told}: set it, best by NTP; signatures live for some minutes only"
    raise ConfigError(
        f"{told}: what it signs would not be believed",
        code="clock-skew",
        hint="set the clock, best by NTP; nothing was sent",
    )
