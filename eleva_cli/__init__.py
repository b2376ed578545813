"""The operator's tool for the WorkOS Stripe integration."""

__version__ = "0.1.0"
