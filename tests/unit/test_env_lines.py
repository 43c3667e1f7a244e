"""Values in the text of a settings file: what is written is read back, all else stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.settings_file import values_in, with_values

_VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30
).filter(lambda text: "${" not in text)


@given(_VALUES, st.sampled_from(["", "A=1", "# ours\nexport A='x y' # note\n", "B=2\r\nA=3\r\n"]))
def test_what_is_written_is_read_back(value: str, text: str) -> None:
    assert values_in(with_values(text, {"A": value})).get("A", "") == value


def test_other_lines_and_comments_stay() -> None:
    text = "# A=0\n\nexport A = 'old' # from May\r\n  B=\"two\nlines\"\nno setting\nC=1"

    changed = with_values(text, {"A": "new", "D": "x", "E": ""})

    assert changed == (
        '# A=0\n\nexport A =new # from May\r\n  B="two\nlines"\nno setting\nC=1\nD=x\n'.replace(
            "A =", "A="
        )
    )


def test_the_last_of_several_lines_counts() -> None:
    assert with_values("A=1\nA=2\n", {"A": "3"}) == "A=1\nA=3\n"


def test_an_added_line_ends_as_the_others() -> None:
    assert with_values("A=1\r\nB=2", {"C": "3"}) == "A=1\r\nB=2\r\nC=3\r\n"


def test_a_value_is_emptied() -> None:
    assert with_values("A=1 # one\nB=2\n", {"A": ""}) == "A= # one\nB=2\n"


def test_a_value_that_would_be_read_back_differently_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NAME", "other")

    with pytest.raises(ValueError, match="A"):
        with_values("", {"A": "pass${NAME}word"})
