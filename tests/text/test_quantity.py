from __future__ import annotations

import pytest

from tests.support.shell import tokscope


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["compare", "-x", "a", "-t", "byte", "--format", "table"], "1 text: 1 character, 1 byte, 1 word\n"),
        (
            ["compare", "-x", "a b", "-t", "byte", "--format", "table"],
            "1 text: 3 characters, 3 bytes, 2 words\n",
        ),
        (["truncate", "-x", "ab", "-t", "byte", "-n", "1"], "cut off 1 byte; kept 1 byte, 1 token\n"),
        (["agree", "byte", "char", "-x", "a", "--format", "table"], "byte and char agree on 1 text"),
    ],
)
def test_one_of_a_thing_is_no_several(command: list[str], said: str) -> None:
    done = tokscope(*command, stdin=b"a")
    assert said in done.out + done.err
