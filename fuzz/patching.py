"""Server-side apply, strategic merge and watches, by the laws that the tests hold, for as long as one likes.

Run: `python -m fuzz.patching --seconds 60`.
"""

from __future__ import annotations

from fuzz import support
from tests.unit.dock.patching import test_properties
from tests.unit.dock.verbs import test_watch_properties

LAWS = (
    test_properties.test_applying_again_changes_nothing,
    test_properties.test_two_managers_of_disjoint_fields_commute,
    test_properties.test_a_field_that_is_given_up_goes_unless_somebody_else_owns_it,
    test_properties.test_a_merged_list_holds_everything_once_and_follows_what_is_applied,
    test_properties.test_a_strategic_merge_is_what_kubectl_makes_of_it,
    test_watch_properties.test_a_watch_from_any_revision_ends_in_what_a_list_shows,
)

if __name__ == "__main__":
    support.main("patching", LAWS)
