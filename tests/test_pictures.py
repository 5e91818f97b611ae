"""The samples' pictures are of what is printed today; tests.support.readme_pictures makes them again."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support import SAMPLES
from tests.support.readme_pictures import PICTURES
from tests.support.shell import tokscope


def words(picture: Path) -> list[str]:
    """Give what is written in a picture: its shapes depend on the versions of what draws them."""
    texts = ET.parse(picture).getroot().iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()) for text in texts]


def test_every_picture_has_its_command() -> None:
    assert {path.stem for path in SAMPLES.glob("*.svg")} == PICTURES.keys() | {"play"}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_samples_is_of_today(name: str, tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    done = tokscope(*PICTURES[name], "-o", picture, cwd=SAMPLES.parent)
    assert done.code == 0, done.err
    assert words(picture) == words(SAMPLES / f"{name}.svg") != []
