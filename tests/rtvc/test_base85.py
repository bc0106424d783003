"""Against the library's own, which is slower."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtvc import base85


@given(st.binary(max_size=300))
def test_it_is_the_librarys(data: bytes) -> None:
    text = base85.encoded(data)
    assert text == base64.b85encode(data).decode("ascii")
    assert base85.decoded(text) == data


@given(st.text(max_size=30))
def test_what_is_none_is_refused_as_there(text: str) -> None:
    try:
        expected = base64.b85decode(text)
    except ValueError:
        with pytest.raises(ValueError, match="base 85|ascii"):
            base85.decoded(text)
    else:
        assert base85.decoded(text) == expected


@pytest.mark.parametrize("text", ["~~~~~", "0000 ", 'ab"de', "é0000"])
def test_examples_of_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="base 85|ascii"):
        base85.decoded(text)
