"""WorkOS's side, with the add-on's link rules: one module a resource."""

from eleva_cli.sandbox.identity import (
    events,
    memberships,
    organizations,
    roles,
    tokens,
    users,
)

ROUTES = (
    *organizations.ROUTES,
    *users.ROUTES,
    *memberships.ROUTES,
    *roles.ROUTES,
    *events.ROUTES,
    *tokens.ROUTES,
)
