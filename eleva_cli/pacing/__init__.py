"""When a call may leave: a budget for each limiter, spaced evenly, learnt down on 429.

It knows endpoints as (service, method, template) and nothing of how a call is made.
"""

from eleva_cli.pacing.gate import Gate
from eleva_cli.pacing.limiter import SHARE
from eleva_cli.pacing.limits import Limit, Limits, limits_for
from eleva_cli.pacing.pacer import Pacer
from eleva_cli.pacing.turns import Turn

__all__ = ["SHARE", "Gate", "Limit", "Limits", "Pacer", "Turn", "limits_for"]
