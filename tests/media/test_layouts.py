"""What holds for every rule, whatever the picture."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tokscope.layout import Layout
from tokscope.media.counting import count_medium, layout
from tokscope.media.lengths import LENGTHS
from tokscope.media.medium import Medium
from tokscope.media.rules import Asked, MediaRule, read_rules

SIDES = st.integers(1, 400) | st.integers(1, 5000)
PICTURES = {
    (rule.models[0], min(rule.when or {"auto"}))
    for rule in read_rules()
    if rule.kind == "picture" and rule.rule != "none" and rule.basis in ("", "measured")
}
SOUNDS = [rule for rule in read_rules() if rule.kind == "sound" and rule.rule != "none"]


def picture(width: int, height: int) -> Medium:
    return Medium("picture", "png", width=width, height=height)


@pytest.mark.parametrize(("model", "detail"), sorted(PICTURES))
@settings(max_examples=12)
@given(width=SIDES, height=SIDES)
def test_boxes_are_the_tokens(model: str, detail: str, width: int, height: int) -> None:
    name = model.replace("*", "")
    result = count_medium(picture(width, height), name, Asked(detail))
    assume(not result.rejected)
    shown = layout(picture(width, height), name, Asked(detail))
    boxes = list(shown.boxes())
    assert len(boxes) == shown.cells == result.cells
    assert boxes or name == "llava-next"  # which cuts off all that a thread of a picture leaves
    assert result.tokens == shown.tokens == ceil(len(boxes) * shown.each) + shown.extra
    assert result.low is not None and result.high is not None and result.low <= shown.tokens <= result.high
    if boxes:
        inside(shown)


def inside(shown: Layout) -> None:
    """Hold that the cells tile the picture, row by row, and that none lies beyond it but for padding."""
    boxes = list(shown.boxes())
    assert boxes[0][:2] == (0, 0)
    assert all(box.left < box.right and box.top < box.bottom for box in boxes)
    for one, other in pairwise(boxes):
        assert other.left == one.right or (other.left == 0 and other.top == one.bottom)
    assert boxes[-1].right >= shown.width - shown.cell_width
    assert boxes[-1].bottom >= shown.height - shown.cell_height


@given(width=st.integers(1, 9000), height=st.integers(1, 9000), more=st.integers(1, 3000))
def test_openai_never_enlarges_and_patches_are_bounded(width: int, height: int, more: int) -> None:
    for model, most in (("gpt-4.1-nano", 1536), ("gpt-5.4", 2500), ("gpt-5.5", 10000)):
        shown = layout(picture(width, height), model)
        assert shown.width <= width and shown.height <= height
        assert shown.cells <= most
    tiled = layout(picture(width, height), "gpt-4o")
    assert tiled.width <= width and tiled.height <= height
    assert min(tiled.width, tiled.height) <= 768 and max(tiled.width, tiled.height) <= 2048


@given(width=st.integers(1, 1500), height=st.integers(1, 1500), more=st.integers(0, 60))
def test_more_pixels_are_no_fewer_tokens_until_a_resize(width: int, height: int, more: int) -> None:
    for model in ("claude-opus-5-5", "gpt-6-astra"):
        one, other = (count_medium(picture(side, height), model).tokens for side in (width, width + more))
        assert one is not None and other is not None and one <= other


@given(width=st.integers(1, 8000), height=st.integers(1, 8000))
def test_claude_fits_and_turns(width: int, height: int) -> None:
    for model, edge, most in (("claude-sonnet-4-5", 1568, 1568), ("claude-opus-5-5", 2576, 4784)):
        shown = layout(picture(width, height), model)
        assert shown.tokens <= most and max(shown.width, shown.height) <= edge
        assert shown.tokens == layout(picture(height, width), model).tokens


@given(width=st.integers(1, 100_000), height=st.integers(1, 100_000))
def test_gemini_3_fills_its_budget(width: int, height: int) -> None:
    assert layout(picture(1, 1), "gemini-3-pro").tokens == 1089
    shown = layout(picture(width, height), "gemini-3-pro")
    assert 1 <= shown.tokens <= 1120
    if max(width, height) < 4 * min(width, height):
        assert shown.tokens > 1000


@pytest.mark.parametrize(
    "model", ["gpt-4o", "gpt-4.1-nano", "gpt-5.5", "gemini-3-pro", "llama-4-scout", "kimi-k2.5", "pixtral"]
)
def test_any_claim_is_counted(model: str) -> None:
    for width, height in ((10**9, 10**9), (1, 10**9), (10**9, 1), (2**32 - 1, 3)):
        assert (count_medium(picture(width, height), model).tokens or 0) >= 1


@pytest.mark.parametrize("rule", SOUNDS, ids=str)
@given(milliseconds=st.integers(1, 10_000_000), more=st.integers(0, 10_000))
def test_longer_is_no_fewer(rule: MediaRule, milliseconds: int, more: int) -> None:
    parameters = {name: value for name, value in rule.parameters.items() if name != "padded"}
    one, other = (
        LENGTHS[rule.rule](Fraction(length, 1000), **parameters)
        for length in (milliseconds, milliseconds + more)
    )
    assert 0 <= one <= other


@pytest.mark.slow
@given(
    width=SIDES,
    height=SIDES,
    fit=st.sampled_from(["stretch", "crop", "pad"]),
    frame=st.tuples(st.integers(8, 200), st.integers(8, 200)),
)
def test_cells_cover_the_original_in_order_and_without_overlap(
    width: int, height: int, fit: str, frame: tuple[int, int]
) -> None:
    shown = Layout.of_cells(*frame, 8)._replace(fit=fit)  # type: ignore[arg-type]
    boxes = list(shown.onto(width, height))
    assert len(boxes) == shown.cells
    covered = sum((box.right - box.left) * (box.bottom - box.top) for box in boxes)
    assert all(0 <= box.left <= box.right <= width and 0 <= box.top <= box.bottom <= height for box in boxes)
    if fit == "crop":  # what is cut off is at two opposite sides, and nothing else is
        place = shown.placed(width, height)
        kept = frame[0] * frame[1] / ((place.right - place.left) * (place.bottom - place.top))
        assert covered == pytest.approx(width * height * kept)
    else:
        assert covered == pytest.approx(width * height)
    for one, other in pairwise(boxes):
        assert (other.left, other.top) >= (one.left, one.top) or other.top >= one.top


@pytest.mark.parametrize(
    ("model", "fit"),
    [
        ("vit-b/16", "stretch"),
        ("clip", "crop"),
        ("dall-e", "crop"),
        ("llava-1.5-7b", "pad"),
        ("gpt-4o", "stretch"),
    ],
)
def test_a_picture_comes_into_its_frame_as_the_model_does_it(model: str, fit: str) -> None:
    assert layout(picture(640, 480), model).fit == fit
