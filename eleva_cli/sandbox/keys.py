"""What a fresh sandbox accepts: fake keys, short and safe to print; one version."""

from typing import Final

STRIPE_KEY: Final = "sk_test_sandbox"
STRIPE_LIVE_KEY: Final = "sk_live_sandbox"
WORKOS_KEY: Final = "sk_test_workos_sandbox"
CLIENT_ID: Final = "client_sandbox"
# the version the pinned SDK sends
API_VERSION: Final = "2026-10-28.endive"
