"""Label and field selectors: any text is read or refused, and what is read means what it says.

Run: `python -m fuzz.selectors --seconds 60`.
"""

from __future__ import annotations

from fuzz import support
from tests.unit.dock import test_field_selectors, test_selectors

LAWS = (
    test_selectors.test_any_text_parses_or_is_refused,
    test_selectors.test_a_written_selector_means_what_it_says,
    test_field_selectors.test_any_text_parses_or_is_refused,
)

if __name__ == "__main__":
    support.main("selectors", LAWS)
