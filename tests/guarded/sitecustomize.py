"""Put the network guard into every Python that a test starts (by `PYTHONPATH`)."""

from __future__ import annotations

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "guards.py"))["install"]()
