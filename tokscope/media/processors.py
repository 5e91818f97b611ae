"""How the processors of open models resize a picture and cut it, one function for each rule.

A rule takes the picture's width and height, and the parameters that a row of rules.csv gives it. Each
docstring names the code that it follows, in its rounding too.
"""

from __future__ import annotations

from functools import cache
from math import ceil, floor, sqrt

from tokscope.layout import Layout, Placing


def grid(width: int, height: int, budget: int) -> Layout:
    """Scale a picture, up or down, to as many cells of 48 px as the budget allows, and keep its shape.

    Example: grid(1920, 1080, budget=1120).tokens -> 1100

    A cell is 3 x 3 patches of 16 px. Source: Gemma 4's processor (transformers); Gemini 3's bills fit it.
    """
    factor = sqrt(budget * 9 * 256 / (width * height))
    rows, columns = floor(factor * height / 48), floor(factor * width / 48)
    if not rows:
        rows, columns = 1, min(width // height, budget)
    elif not columns:
        rows, columns = min(height // width, budget), 1
    return Layout(columns * 48, rows * 48, columns, rows, 48, 48)


def square(
    width: int, height: int, side: int, cell: int, each: int = 1, extra: int = 0, fit: Placing = "stretch"
) -> Layout:
    """Bring whatever comes to a square of `side` px, and cut it into cells.

    Example: square(640, 480, side=224, cell=16, extra=1).tokens -> 197
    """
    if side < 1:
        raise ValueError("no such square")
    return Layout.of_cells(side, side, cell, each, extra)._replace(fit=fit)


def lined_square(width: int, height: int, side: int, cell: int, fit: Placing = "stretch") -> Layout:
    """Bring whatever comes to a square; each row of cells ends in a token, and so does the whole.

    Example: lined_square(640, 480, side=1024, cell=64).tokens -> 273

    Source: DeepSeek-OCR's modes of one size.
    """
    count = side // cell
    if not count:
        raise ValueError("no cell fits")
    return Layout(side, side, count, count, cell, cell, 1, count + 1, fit)


def smart(
    width: int, height: int, factor: int, least: int, largest: int, narrow: str = "", row: int = 0
) -> Layout:
    """Round both sides to a multiple of `factor`, and keep the area between `least` and `largest` pixels.

    Example: smart(336, 336, factor=32, least=65536, largest=16777216).tokens -> 100

    A side smaller than `factor` first scales the picture where the model does so (`narrow`: "both" sides, or
    the "other" one by itself); `row` tokens end each row. Source: smart_resize of the models' processors
    (transformers); numbers halfway are rounded to the even one, as Python does.
    """
    if narrow == "both" and min(width, height) < factor:
        scale = factor / min(width, height)
        width, height = int(width * scale), int(height * scale)
    elif narrow == "other":
        if height < factor:
            width, height = round(width * factor / height), factor
        if width < factor:
            width, height = factor, round(height * factor / width)
    across, down = (max(round(side / factor), 1) * factor for side in (width, height))
    if across * down > largest:
        scale = sqrt(width * height / largest)
        across, down = (max(floor(side / scale / factor), 1) * factor for side in (width, height))
    elif across * down < least:
        scale = sqrt(least / (width * height))
        across, down = (ceil(side * scale / factor) * factor for side in (width, height))
    return Layout.of_cells(across, down, factor, extra=row * (down // factor))


def broken(width: int, height: int, longest: int, cell: int) -> Layout:
    """Shrink the longer side to `longest`; each row of cells ends in a token of its own.

    Example: broken(597, 566, longest=1024, cell=16).tokens -> 1404

    Source: mistral-common, ImageEncoder.
    """
    ratio = max(width, height) / longest
    if ratio > 1:
        width, height = max(round(width / ratio), 1), max(round(height / ratio), 1)
    return Layout.of_cells(width, height, cell, extra=-(-height // cell))


def kimi(width: int, height: int, most: int = 16384, longest: int = 512) -> Layout:
    """Shrink a picture to `most` patches of 14 px and `longest` a side; cells are 2 x 2 patches.

    Example: kimi(1024, 1024).tokens -> 1369

    Source: Kimi K2.5's processor (transformers), navit_resize.
    """
    count = max(width // 14, 1) * max(height // 14, 1)
    scale = min(1.0, sqrt(most / count), longest * 14 / height, longest * 14 / width)
    width, height = (min(max(int(side * scale), 1), longest * 14) for side in (width, height))
    return Layout.of_cells(width, height, 28)


@cache
def _grids(fewest: int, most: int) -> list[tuple[int, int]]:
    """List the grids of `fewest` to `most` tiles, the smallest first."""
    sides = range(1, most + 1)
    grids = [(columns, rows) for columns in sides for rows in sides if fewest <= columns * rows <= most]
    return sorted(grids, key=lambda grid: grid[0] * grid[1])


def closest(width: int, height: int, side: int, fewest: int, most: int) -> tuple[int, int]:
    """Choose the grid of tiles whose shape is closest to the picture's.

    Example: closest(640, 480, side=448, fewest=1, most=12) -> (4, 3)

    Columns and rows. A larger grid of the same shape wins if the picture has more than half as many pixels as
    the grid has. Source: OpenGVLab/InternVL, find_closest_aspect_ratio.
    """
    best, least = (1, 1), float("inf")
    for columns, rows in _grids(fewest, most):
        off = abs(width / height - columns / rows)
        if off < least or (off == least and width * height > 0.5 * side * side * columns * rows):
            best, least = (columns, rows), off
    return best


def internvl(width: int, height: int, most: int = 12, wrap: int = 2) -> Layout:
    """Stretch a picture over the closest grid of 448-px tiles, 256 tokens each, and a thumbnail if it is cut.

    Example: internvl(640, 480).tokens -> 3330

    `wrap` are the tokens around it. Source: OpenGVLab/InternVL, dynamic_preprocess.
    """
    columns, rows = closest(width, height, 448, 1, most)
    thumbnail = 256 if columns * rows > 1 else 0
    return Layout(columns * 448, rows * 448, columns, rows, 448, 448, 256, thumbnail + wrap)


def _canvas(width: int, height: int, side: int, most: int) -> tuple[int, int, int, int]:
    """Choose the canvas of tiles that enlarges a picture least, or else shrinks it least; then the smallest.

    Gives the picture's size on it, the columns and the rows. Source: Llama 4's processor (transformers),
    get_best_fit.
    """
    best = (True, 0, 0, 0), 0, 0, 0
    for columns, rows in _grids(1, most):
        scale = min(columns * side * height, rows * side * width)  # over width * height
        order = scale < width * height, abs(scale - width * height), columns * rows, rows
        if not best[1] or order < best[0]:
            best = order, scale, columns, rows
    _, scale, columns, rows = best
    return max(scale // height, 1), max(scale // width, 1), columns, rows


def llama4(width: int, height: int, side: int = 336, most: int = 16) -> Layout:
    """Fit a picture undistorted onto a canvas of tiles, 144 tokens each, and a thumbnail if it is cut.

    Example: llama4(1024, 1024).tokens -> 2467

    Three tokens stand around it, and one after each tile. Source: Llama 4's processor (transformers).
    """
    width, height, columns, rows = _canvas(width, height, side, most)
    count = columns * rows
    return Layout(width, height, columns, rows, side, side, 144, 3 if count == 1 else 144 + 3 + count)


def llama32(width: int, height: int, each: int = 1601) -> Layout:
    """Fit a picture onto at most four tiles of 560 px.

    Example: llama32(1024, 1024).tokens -> 6404

    The tokens are seen by cross-attention, and stand in no text. Source: Llama 3.2's processor
    (transformers).
    """
    width, height, columns, rows = _canvas(width, height, 560, 4)
    return Layout(width, height, columns, rows, 560, 560, each)


def phi3(width: int, height: int, crops: int = 16) -> Layout:
    """Scale the longer side to as many crops of 336 px as are allowed, 144 tokens each, and a thumbnail.

    Example: phi3(1300, 876, crops=16).tokens -> 1921

    Source: Phi-3.5-vision's own processor.
    """
    longer, shorter = max(width, height), min(width, height)
    scale = 1
    while (scale + 1) * ceil((scale + 1) * shorter / longer) <= crops:
        scale += 1
    sides = scale * 336, max(int(scale * 336 * shorter / longer), 1)
    across, down = sides if width >= height else sides[::-1]
    layout = Layout.of_cells(across, down, 336, 144)
    padded = layout._replace(width=layout.columns * 336, height=layout.rows * 336, fit="pad")
    return padded._replace(extra=144 + 1 + (layout.rows + 1) * 12)


def phi4(width: int, height: int, most: int = 36) -> Layout:
    """Fit a picture onto tiles of 448 px; tokens are the 28-px cells that no padding covers, and row ends.

    Example: phi4(3136, 3136, most=36).tokens -> 9585

    Source: Phi-4-multimodal's processor (transformers), with `most` its dynamic_hd.
    """
    columns, rows = -(-width // 448), -(-height // 448)
    if columns * rows > most:
        columns, rows = closest(width, height, 448, 1, most)
    wider, higher = columns * 448 / width, rows * 448 / height
    if wider < higher:
        width, height = columns * 448, int(height * wider)
    else:
        width, height = int(width * higher), rows * 448
    # Whole 14-px patches of padding are masked, and every second patch of the rest is a token.
    across, down = (
        -(-(count * 32 - (count * 448 - side) // 14) // 2)
        for count, side in ((columns, width), (rows, height))
    )
    return Layout(width, height, across, down, 28, 28, 1, 256 + 1 + down + 16)


def idefics3(width: int, height: int, longest: int = 1456, side: int = 364, each: int = 169) -> Layout:
    """Scale the longer side to `longest`, stretch to whole tiles, and add a thumbnail if it is cut.

    Example: idefics3(1344, 1344, longest=728).tokens -> 845

    Source: Idefics3's processor (transformers).
    """
    longer, shorter = max(width, height), min(width, height)
    shorter = int(longest / (longer / shorter))
    shorter = max(shorter + shorter % 2, 1)
    many = -(-longest // side)
    few = -(-max(int(many * side / (longest / shorter)), 1) // side)
    columns, rows = (many, few) if width >= height else (few, many)
    cut = columns * rows > 1
    return Layout(columns * side, rows * side, columns, rows, side, side, each, each if cut else 0)


def _least_waste(width: int, height: int, grids: list[tuple[int, int]], side: int) -> tuple[int, int]:
    """Choose the grid of tiles, columns and rows, that keeps most of a picture's pixels and wastes fewest.

    Source: LLaVA-NeXT, select_best_resolution.
    """

    def worth(grid: tuple[int, int]) -> tuple[int, int]:
        across, down = grid[0] * side, grid[1] * side
        scale = min(across / width, down / height)
        kept = min(int(width * scale) * int(height * scale), width * height)
        return kept, kept - across * down

    return max(grids, key=worth)


def llava_next(width: int, height: int) -> Layout:
    """Fit a picture onto the best of five canvases of 336-px tiles; padding is cut off again.

    Example: llava_next(640, 480).tokens -> 2340

    Each row of patches ends in a token, and 576 tokens show the whole. Source: transformers, LLaVA-NeXT.
    """
    columns, rows = _least_waste(width, height, [(2, 1), (1, 2), (2, 2), (1, 3), (3, 1)], 336)
    columns, rows = columns * 24, rows * 24
    if width / height > columns / rows:
        rows -= (rows - int(round(height * (columns / width), 7))) // 2 * 2
    else:
        columns -= (columns - int(round(width * (rows / height), 7))) // 2 * 2
    return Layout(columns * 14, rows * 14, columns, rows, 14, 14, 1, rows + 576)


def deepseek_vl2(width: int, height: int) -> Layout:
    """Fit a picture onto the best canvas of up to nine 384-px tiles, 14 x 14 tokens each, and a thumbnail.

    Example: deepseek_vl2(1024, 1024).tokens -> 2017

    Rows of tokens end in a token. Source: deepseek-ai/DeepSeek-VL2, processing_deepseek_vl_v2.py.
    """
    columns, rows = _least_waste(width, height, _grids(1, 9), 384)
    extra = 210 + 1 + 14 * rows
    return Layout(columns * 384, rows * 384, columns, rows, 384, 384, 196, extra, "pad")


def gundam(width: int, height: int) -> Layout:
    """See a picture of more than 640 px as two to six crops, 10 x 10 tokens each, besides the whole.

    Example: gundam(2480, 3508).tokens -> 903

    Source: deepseek-ai/DeepSeek-OCR, its mode "Gundam".
    """
    if max(width, height) <= 640:
        return lined_square(width, height, 1024, 64, "pad")
    columns, rows = closest(width, height, 640, 2, 6)
    return Layout(columns * 640, rows * 640, columns, rows, 640, 640, 100, 273 + 10 * rows)


def deepseek_ocr2(width: int, height: int) -> Layout:
    """See a picture of more than 768 px as two to six crops, 144 tokens each, besides 256 for the whole.

    Example: deepseek_ocr2(2480, 3508).tokens -> 1121

    Source: DeepSeek-OCR 2's processor (transformers).
    """
    if max(width, height) <= 768:
        return Layout(1024, 1024, 16, 16, 64, 64, 1, 1)
    columns, rows = closest(width, height, 768, 2, 6)
    return Layout(columns * 768, rows * 768, columns, rows, 768, 768, 144, 256 + 1)
