"""What the official emulator does otherwise, by the test that shows it.

Each of these tests has to fail on the emulator: where a release mends something, it
passes, and the suite says so. The sandbox is on the side of the published description
or of the SDK, or of the belief that is named.
"""

from __future__ import annotations

_GONE = "a deletion is answered with 204, described is 200 or 202"
_PAGES_BACK = "`before` gives the start of the list, and no `after`"
_NO_LINK = "`stripe_customer_id` is dropped"
_NO_MODEL = "memberships lack `directory_managed`, `roles` and `user`"
_ANY_ROLE = "a role is taken unseen"
_AGAIN = "refused, described as a no-op"
_KEYS = "the keys lack `x5c` and `x5t#S256`"
_EVENT_TYPES = "`events` is read as `events[]` only, so that all types come"

DIFFERENCES: dict[str, str] = {
    # users
    "test_a_user_is_found_by_address_in_any_case": "addresses are compared with case"
    " (the sandbox's way is a belief)",
    "test_an_address_has_one_user": "409 `user_already_exists`, no status of the"
    " description",
    "test_an_external_id_has_one_user": "an external id is taken twice",
    "test_a_deleted_user_is_answered_as_described": _GONE,
    # organizations
    "test_organizations_are_searched_by_name": "`search` is ignored",
    "test_an_external_id_has_one_organization": "an external id is taken twice",
    "test_a_link_is_set_and_read_back": _NO_LINK,
    "test_a_customer_has_one_organization": _NO_LINK,
    "test_an_organization_fits_the_description": "a link that is not set is null,"
    " described is its absence",
    "test_a_deleted_organization_is_answered_as_described": _GONE,
    # memberships
    "test_a_membership_is_read_by_the_sdk": _NO_MODEL,
    "test_a_membership_fits_the_description": _NO_MODEL,
    "test_a_list_of_memberships_fits_the_description": _NO_MODEL,
    "test_a_role_is_changed_by_the_sdk": _NO_MODEL,
    "test_roles_are_given_as_a_list": "`role_slugs` is ignored",
    "test_an_unknown_role_is_refused": _ANY_ROLE,
    "test_making_an_inactive_membership_activates_it": "a second membership is made",
    "test_the_user_has_to_exist": "the user is not looked up",
    "test_turning_off_or_on_again_changes_nothing": _AGAIN,
    "test_a_deleted_membership_is_answered_as_described": _GONE,
    "test_memberships_are_not_listed_without_an_id": "all memberships are listed",
    "test_inactive_memberships_are_not_listed_unasked": "every status is listed",
    "test_memberships_are_listed_by_status": "`statuses` is read as `statuses[]` only",
    # roles
    "test_roles_are_listed_in_order_of_priority": "the newest role is the first",
    "test_the_roles_of_an_organization_have_the_environments": "only its own are"
    " listed",
    "test_a_list_of_roles_fits_the_description": "roles lack `permissions` and"
    " `resource_type_slug`, and come in pages",
    # pages, events, keys
    "test_before_gives_the_page_next_to_it": _PAGES_BACK,
    "test_a_page_back_knows_that_there_is_more": _PAGES_BACK,
    "test_normal_order_turns_the_cursors_round": "`normal` is ascending",
    "test_a_page_has_one_to_a_hundred": "other limits are cut to the bounds",
    "test_events_are_read_by_the_sdk": "events lack `custom_attributes`",
    "test_events_are_chosen_by_type": _EVENT_TYPES,
    "test_events_are_told_oldest_first": "the newest event is the first",
    "test_a_list_of_events_fits_the_description": _EVENT_TYPES,
    "test_the_keys_are_read_by_the_sdk": _KEYS,
    "test_the_keys_fit_the_description": _KEYS,
}
