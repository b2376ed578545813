"""The credentials a fresh sandbox accepts: fake, short and safe to print."""

from typing import Final

STRIPE_KEY: Final = "sk_test_sandbox"
STRIPE_LIVE_KEY: Final = "sk_live_sandbox"
WORKOS_KEY: Final = "sk_test_workos_sandbox"
CLIENT_ID: Final = "client_sandbox"
