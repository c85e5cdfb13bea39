import pytest

from dokaseca.kit import regex


def test_a_pattern_matches_as_in_go():
    assert regex.compiled("^a+$").search("aaa")
    assert not regex.compiled("a.b").search("a\nb")
    assert regex.compiled("a.b", dot_matches_newline=True).search("a\nb")


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", "x{1001}"])
def test_what_does_not_compile_is_said_to_the_caller_alone(pattern, capfd):
    with pytest.raises(ValueError, match=r"\S"):
        regex.compiled(pattern)
    assert capfd.readouterr() == ("", "")
