"""The only place that orders effects."""

from eleva_cli.engine.run import Engine, Report

__all__ = ["Engine", "Report"]
