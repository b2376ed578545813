"""Webhooks that are really sent: to loopback and nowhere else."""

from eleva_cli.sandbox.delivery.post import is_loopback, sign

__all__ = ["is_loopback", "sign"]
