"""What is neither JSON nor TOML, in our words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokscope.files.parsing import json_of, toml_of, values_of


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (json_of, "", "empty, so not JSON"),
        (json_of, b" \n", "empty, so not JSON"),
        (json_of, "{", "not JSON: expecting property name enclosed in double quotes at character 2"),
        (json_of, "[1,\n2", "line 2: not JSON: expecting ',' delimiter at character 2"),
        (json_of, b'"\xff"', "byte 1 is not UTF-8; convert it with iconv"),
        (json_of, "1" * 5000, "a number of more than 4,300 digits"),
        (json_of, "[" * 200_000, "nested too deeply"),
        (values_of, "{} [", "line 1: not JSON: expecting value at character 5"),
        (values_of, "{} " + "1" * 5000, "a number of more than 4,300 digits"),
        (toml_of, "a = " + "1" * 5000, "a number of more than 4,300 digits"),
        (toml_of, "a = 2026-13-01", "not TOML: "),
        (toml_of, b"a = '\xff'", "byte 5 is not UTF-8; convert it with iconv"),
        (toml_of, "a = " + "[" * 20_000, "nested too deeply"),
    ],
)
def test_what_is_refused(read: Callable[[Any], Any], text: str | bytes, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as refused:
        read(text)
    assert "int_max_str_digits" not in str(refused.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.lists(VALUES), st.sampled_from(["\n", " ", "\r\n\t"]))
def test_values_one_after_the_other(values: list[Any], between: str) -> None:
    text = between.join([json.dumps(value, indent=1) for value in values])
    assert values_of(between + text) == values
    assert [json_of(json.dumps(value)) for value in values] == values
