"""Templates of both engines, by the laws that the tests hold: Go's also beside Helm's, for as long as one likes.

Run: `python -m fuzz.templates --seconds 60`.
"""

from __future__ import annotations

from fuzz import support
from tests.unit.generate.templates import test_against_helm, test_bounds, test_fast, test_gotemplate

LAWS = (
    test_fast.test_any_text_is_rendered_or_refused,
    test_fast.test_without_parameters_everything_stays,
    test_gotemplate.test_any_text_renders_or_is_a_user_error,
    test_gotemplate.test_tokens_cover_the_text_in_order,
    test_gotemplate.test_any_function_takes_any_arguments,
    test_bounds.test_any_function_takes_large_values_again_and_again,
    test_against_helm.test_expressions_give_what_helms_give,
    test_against_helm.test_templates_give_what_helms_give,
)

if __name__ == "__main__":
    support.main("templates", LAWS)
