"""The options of a spec: read in one way, whatever backend they are for."""

from __future__ import annotations

import pytest

from tokscope import load
from tokscope.errors import UsageError
from tokscope.tokenizer.spec import Spec


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("concept?cap=many", "concept?cap=many: cap is a number from 0 to 1,000,000"),
        ("blt:static?k=0", "blt:static?k=0: k is a number from 1 to 1,000,000,000"),
        ("blt:static?k=12345678901", "blt:static?k=12345678901: k is a number from 1 to 1,000,000,000"),
        ("blt:entropy?theta=inf", "blt:entropy?theta=inf: theta is a number of nats"),
        ("bert-base-uncased?lower=1", "wordpiece:bert-base-uncased?lower=1: lower is true or false"),
        ("blt:space?k=4", "blt:space?k=4: unknown option 'k' (options of blt:space: max_patch, encoding)"),
        ("char?k=4", "char?k=4: unknown option 'k' (options of char: none)"),
    ],
)
def test_options_are_read_in_one_way(spec: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        load(spec)
    assert str(error.value) == says


def test_options_that_are_not_given_have_their_default() -> None:
    spec = Spec.parse("x?a=7&b=0.5&c=false")
    assert (spec.integer("a", 1), spec.integer("z", None), spec.number("b", 1.0, "")) == (7, None, 0.5)
    assert (spec.flag("c", True), spec.flag("z", True), spec.choice("z", ["u", "v"], "v")) == (
        False,
        True,
        "v",
    )
