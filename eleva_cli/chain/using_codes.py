"""The findings from Stripe's entitlements on: what somebody may use."""

from __future__ import annotations

from eleva_cli.chain.paying_codes import Rows

# link → code → stand, meaning, remedy; alphabetical within a link
USING: Rows = {
    "entitlements": {
        "entitlement-lingers": (
            "uses-does-not-pay",
            "Stripe grants a feature that no live subscription brings",
            (
                "look at the customer's subscriptions in Stripe; if none explains it,"
                " ask Stripe's support"
            ),
        ),
        "entitlement-lingers-or-pending": (
            "unknown",
            (
                "Stripe grants a feature that no product carries for them today; it"
                " ends with the period if it was taken off during it, which nobody"
                " knows"
            ),
            "look again after the date",
        ),
        "entitlement-missing": (
            "pays-cannot-use",
            "Stripe does not grant a feature that was attached when the period began",
            (
                "move the subscription to a twin of its price and back: Stripe then"
                " works out its entitlements anew"
            ),
        ),
        "entitlement-missing-or-pending": (
            "unknown",
            (
                "a feature that is attached today is not granted; it comes with the"
                " next period if it was attached during this one, which nobody knows"
            ),
            "look again after the date; with a longer look at events it can be told",
        ),
        "entitlement-settling": (
            "later",
            (
                "the subscription began or ended minutes ago, and Stripe's"
                " entitlements are under way"
            ),
            "nothing to do",
        ),
        "grant-lapsed-entitled": (
            "uses-does-not-pay",
            "a free grant is over and Stripe still entitles to its features",
            "look at the customer's subscriptions in Stripe",
        ),
        "pending-next-period": (
            "later",
            (
                "a feature was attached to or taken off the product during the"
                " period: the next one brings the change"
            ),
            "nothing to do",
        ),
    },
    "claim": {
        "claim-lingers": (
            "uses-does-not-pay",
            "a token made after the change still shows what is not granted",
            "end the user's sessions in the WorkOS Dashboard; check its Stripe add-on",
        ),
        "claim-missing": (
            "pays-cannot-use",
            "a token made after the change does not show what is granted",
            (
                "have the user sign in again; if it stays away, look at the Stripe"
                " add-on in the WorkOS Dashboard"
            ),
        ),
        "signed-in-elsewhere": (
            "later",
            (
                "the token is of another organization of the user's, which says"
                " nothing of this one"
            ),
            "nothing to do: it shows when they switch organization",
        ),
        "token-other-organization": (
            "unknown",
            "the token names no organization, or one in which the user is no member",
            "take a token of a session in this organization",
        ),
        "token-rejected": (
            "unknown",
            "the token proves nothing: expired, foreign, or without a valid signature",
            "take a fresh one from the application",
        ),
        "visible-at-next-refresh": (
            "later",
            "the token is older than the change, and the next one will show it",
            "nothing to do",
        ),
    },
    "role": {
        "grant-lapsed-role": (
            "uses-does-not-pay",
            "a free grant is over and its role is still there",
            (
                "eleva invite expire takes it back; after a grant that was not made by"
                " this tool, set the role in the WorkOS Dashboard"
            ),
        ),
        "payer-unclear": (
            "drift",
            (
                "the subscription brings a role that no member has, and nothing tells"
                " who of them pays"
            ),
            "name the user in the customer's metadata",
        ),
        "role-kept": (
            "uses-does-not-pay",
            "a member has a role that no live subscription brings",
            "set the role in the WorkOS Dashboard",
        ),
        "role-set-by-directory": (
            "drift",
            "a directory gives the member another role than the subscription brings",
            "change the group's role in the directory; eleva leaves it alone",
        ),
        "role-settling": (
            "later",
            (
                "the subscription began or ended minutes ago, and the application may"
                " be about to set the role"
            ),
            "nothing to do",
        ),
        "role-too-high": (
            "drift",
            "a member's role is higher than what the live subscriptions bring",
            "set the role in the WorkOS Dashboard",
        ),
        "role-too-low": (
            "drift",
            "whoever pays has a lower role than the subscription brings",
            "set the role in the WorkOS Dashboard",
        ),
        "role-unranked": (
            "drift",
            "whoever pays has a role that the catalogue neither ranks nor protects",
            "set the role in the WorkOS Dashboard, or name it in the catalogue's roles",
        ),
        "token-role-differs": (
            "drift",
            "a token made after the membership's last change shows another role",
            "have the user sign in again; several roles at once can be the reason",
        ),
    },
    "metadata": {
        "half-linked": (
            "drift",
            "the organization carries the customer, whose metadata does not name it",
            "stamp it",
        ),
        "stamp-contradicts": (
            "drift",
            "the customer's metadata names several organizations",
            "keep the name of the one that is linked",
        ),
        "stamp-names-another": (
            "drift",
            "the customer's metadata names another organization than carries it",
            "stamp it anew, or move the link if the metadata is right",
        ),
        "tier-metadata-missing": (
            "drift",
            (
                "a live subscription carries none of the names that the application"
                " reads: it falls back to community, annual and 12 % commission"
            ),
            "write them in the Stripe Dashboard",
        ),
        "tier-metadata-stale": (
            "drift",
            (
                "names that the application reads are missing on a live subscription,"
                " or say something else than its price"
            ),
            "correct them in the Stripe Dashboard",
        ),
        "user-names-disagree": (
            "drift",
            "the customer's metadata names several users",
            "keep the name of whoever pays, in the Stripe Dashboard",
        ),
    },
}
