"""How the vendors' pages and bills say that a picture is resized and cut, one function for each rule.

A rule takes the picture's width and height, and the parameters that a row of rules.csv gives it.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, sqrt

from tokscope.layout import Layout


def _multiply(value: int, times: int, over: int) -> int:
    """Compute value * times / over, rounded to the nearest, in whole numbers; at least 1."""
    return max((2 * value * times + over) // (2 * over), 1)


def _shrink(width: int, height: int, cap: int) -> tuple[int, int]:
    """Shrink a picture so that its longer side is `cap` at most.

    Example: _shrink(2049, 513, 2048) -> (2048, 513), and 2050 x 513 gives (2048, 512)
    """
    longer = max(width, height)
    if longer <= cap:
        return width, height
    return _multiply(width, cap, longer), _multiply(height, cap, longer)


def whole(width: int, height: int, each: int) -> Layout:
    """Take a picture as it is, for one price.

    Example: whole(3840, 2160, each=258).tokens -> 258
    """
    return Layout(width, height, 1, 1, width, height, each)


def tiles(width: int, height: int, base: int, tile: int, short: int = 768, fidelity: int = 0) -> Layout:
    """Cut a picture into tiles of 512 px, after OpenAI's two resizes; it is never enlarged.

    Example: tiles(2049, 513, base=85, tile=170).tokens -> 1445

    The longer side is shrunk to 2048, both sides rounded; then the shorter one to `short`, the other rounded
    down. `fidelity` is what input_fidelity adds to a square; it is half as much again for another shape.
    """
    square = width == height
    width, height = _shrink(width, height, 2048)
    shorter = min(width, height)
    if shorter > short:
        width, height = width * short // shorter, height * short // shorter
    return Layout.of_cells(width, height, 512, tile, base + (fidelity if square else fidelity * 3 // 2))


def patches(
    width: int, height: int, cap: int = 65535, budget: int = 0, multiplier: int | Fraction = 1
) -> Layout:
    """Cut a picture into patches of 32 px, at most `budget` of them (0: as many as there are).

    Example: patches(1800, 2400, cap=2048, budget=1536).tokens -> 1452

    The longer side is shrunk to `cap` before the budget is looked at. Source: OpenAI's guide to images.
    """
    width, height = _shrink(width, height, cap)
    if 0 < budget < Layout.of_cells(width, height, 32).cells:
        ratio = sqrt(1024 * budget / (width * height))
        ratio *= min(floor(side * ratio / 32) / (side * ratio / 32) for side in (width, height))
        # One side is now a whole number of patches, give or take an error of floating point.
        width, height = (max(floor(side * ratio + 1e-6), 1) for side in (width, height))
    return Layout.of_cells(width, height, 32, multiplier)


def claude(width: int, height: int, edge: int, most: int) -> Layout:
    """Cut a picture into patches of 28 px, after the largest resize that fits `edge` px and `most` patches.

    Example: claude(1920, 1080, edge=1568, most=1568).tokens -> 1560

    The search is that of Anthropic's guide to coordinates: by halves, over the longer side.
    """

    def fits(across: int, down: int) -> bool:
        columns, rows = -(-across // 28), -(-down // 28)
        return columns * 28 <= edge and rows * 28 <= edge and columns * rows <= most

    if fits(width, height):
        return Layout.of_cells(width, height, 28)
    longer, shorter = max(width, height), min(width, height)
    aspect = longer / shorter
    low, high = 1, longer
    while low + 1 < high:
        middle = (low + high) // 2
        if fits(middle, max(round(middle / aspect), 1)):
            low = middle
        else:
            high = middle
    sides = low, max(round(low / aspect), 1)
    return Layout.of_cells(*(sides if width >= height else sides[::-1]), 28)


def area(width: int, height: int, pixels: int, cap: int, most: int) -> Layout:
    """Charge a token for every `pixels` pixels, after a resize to `cap` px a side and `most` tokens.

    Example: area(1000, 1000, pixels=750, cap=1568, most=1600).tokens -> 1334

    This is what Anthropic's documents said until April 2026.
    """
    width, height = _shrink(width, height, cap)
    return whole(width, height, min(-(-width * height // pixels), most))


def gemini2(width: int, height: int, each: int, least: int = 1, largest: int = 0, extra: int = 0) -> Layout:
    """Cut a picture into squares of two thirds of its shorter side; one tile where both sides are small.

    Example: gemini2(960, 540, each=258).tokens -> 1548

    `least` and `largest` bound the squares' side. Source: Google's guide to images, of Gemini 2.0.
    """
    if max(width, height) <= 384:
        return whole(width, height, each)
    unit = max(min(width, height) * 2 // 3, least)
    return Layout.of_cells(width, height, min(unit, largest) if largest else unit, each, extra)


def llama32_aws(width: int, height: int, each: int = 1601) -> Layout:
    """Count whole tiles of 560 px, one or two a side.

    Example: llama32_aws(1024, 1024).tokens -> 1601

    Source: AWS's guide to fine-tuning, which calls it approximate.
    """
    columns, rows = (min(2, max(side // 560, 1)) for side in (width, height))
    return Layout(width, height, columns, rows, width / columns, height / rows, each)


def nova1(width: int, height: int) -> Layout:
    """Count a token for every 650 pixels, after a picture of less than 896 px has been enlarged.

    Example: nova1(900, 900).tokens -> 1247  # the vendor's table says about 1300

    Source: fitted to the table in Amazon's guide to Nova, which gives hundreds.
    """
    if max(width, height) < 896:
        longer = max(width, height)
        width, height = _multiply(width, 896, longer), _multiply(height, 896, longer)
    return whole(width, height, -(-width * height // 650))
