"""The findings up to a product's features: who pays, for whom, and for what."""

from __future__ import annotations

from collections.abc import Mapping

from eleva_cli.audit import Stand

Rows = Mapping[str, Mapping[str, tuple[Stand, str, str]]]

# link → code → stand, meaning, remedy; alphabetical within a link
PAYING: Rows = {
    "membership": {
        "membership-inactive": (
            "pays-cannot-use",
            "the membership of whoever pays was deactivated",
            "activate it in the WorkOS Dashboard, or end the subscription",
        ),
        "membership-pending": (
            "pays-cannot-use",
            "whoever pays was invited and has not accepted",
            "send the invitation again from the WorkOS Dashboard",
        ),
        "organization-empty": (
            "pays-cannot-use",
            "it is paid for an organization that has no active member",
            "invite the payer in the WorkOS Dashboard, or link the right organization",
        ),
        "payer-not-member": (
            "pays-cannot-use",
            "the customer's metadata names a user who is no member of its organization",
            "add the user in the WorkOS Dashboard, or correct the customer's metadata",
        ),
    },
    "customer": {
        "customer-deleted": (
            "drift",
            "the organization carries a customer that was deleted in Stripe",
            "clear the link, then link the customer that took its place",
        ),
        "customer-missing": (
            "drift",
            "the organization carries a customer that this account and mode have not",
            "check the account and mode with eleva doctor; then clear the link",
        ),
        "customer-shared": (
            "uses-does-not-pay",
            "another organization carries the same customer: both have what one pays",
            "keep the link where the payer is a member, clear the other",
        ),
        "customer-unlinked": (
            "pays-cannot-use",
            "no organization carries a customer with live subscriptions",
            "link it; eleva migrate plan says what its organization is known by",
        ),
        "customer-unread": (
            "unknown",
            "the linked customer was not read, so nothing behind it is known",
            "look again; a restricted key needs to read customers and subscriptions",
        ),
        "link-settling": (
            "later",
            "the subscription began minutes ago, and its link may be under way",
            "nothing to do",
        ),
        "organization-linked-elsewhere": (
            "pays-cannot-use",
            "the organization carries another customer than the one that pays for it",
            "make sure that nobody lives on the other customer, then replace the link",
        ),
        "organization-unlinked": (
            "pays-cannot-use",
            "the organization carries no customer, though one pays for its members",
            "link the two",
        ),
    },
    "subscription": {
        "duplicate-grants": (
            "drift",
            "two free grants of the same family live side by side",
            "end one of them in the Stripe Dashboard, or its end takes nothing away",
        ),
        "duplicate-subscriptions": (
            "drift",
            "the customer pays twice for the same family",
            "ask the customer which one is meant, and cancel the other in Stripe",
        ),
        "ends-with-period": (
            "later",
            "the subscription was cancelled and lives until what is paid is over",
            "nothing to do",
        ),
        "grace": (
            "later",
            "a payment is overdue and Stripe goes on trying; access may stay or go",
            "nothing to do until the date",
        ),
        "grace-over": (
            "uses-does-not-pay",
            "the payment is overdue for longer than the grace",
            "collect it, or cancel the subscription in Stripe; see its retry settings",
        ),
        "grant-beside-paid": (
            "drift",
            "a free grant lives beside a paid subscription of the same family",
            "end the grant in the Stripe Dashboard, or refund what is paid",
        ),
        "grant-unfinished": (
            "pays-cannot-use",
            (
                "the customer's metadata announces a free grant, and no subscription"
                " of it was ever made"
            ),
            "give the grant once more with eleva invite grant: it goes on from there",
        ),
        "subscription-incomplete": (
            "later",
            "the first payment is not made yet; Stripe gives up after 23 hours",
            "nothing to do",
        ),
        "subscription-paused": (
            "drift",
            "a trial ended without a payment method, and the subscription is paused",
            "ask for a payment method and resume it in Stripe, or cancel it",
        ),
        "subscription-unpaid": (
            "drift",
            "all attempts to collect failed and the subscription was kept, unpaid",
            "collect the open invoices, or cancel the subscription in Stripe",
        ),
    },
    "price": {
        "price-unknown": (
            "drift",
            "a subscription holds a price of ours that the catalogue does not know",
            "give it a key in the catalogue, or move the subscription to one",
        ),
    },
    "product": {
        "product-inactive": (
            "drift",
            "a product with live subscriptions was archived; they go on for now",
            "put it on sale again, or move its subscribers",
        ),
        "product-unknown": (
            "unknown",
            (
                "a subscription holds a product that the catalogue does not name:"
                " what it entitles to cannot be told"
            ),
            "name the product in the catalogue",
        ),
    },
    "features": {
        "feature-archived-attached": (
            "drift",
            (
                "the product carries an archived feature: it still grants, and nobody"
                " can change it or attach it again"
            ),
            "let the catalogue attach a new feature of that key",
        ),
        "feature-beyond-catalogue": (
            "uses-does-not-pay",
            "the product grants a feature that the catalogue sells with others only",
            "take it off the product, or write it into the catalogue",
        ),
        "feature-detached": (
            "drift",
            (
                "a feature was taken off the product: who lives on it keeps it until"
                " their next period"
            ),
            "attach it again before that day",
        ),
        "feature-not-attached": (
            "pays-cannot-use",
            "the product does not grant a feature that the catalogue sells with it",
            "attach it; subscriptions meet it with their next period",
        ),
    },
}
