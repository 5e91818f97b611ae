"""The rules for pictures: how a model resizes one and lays cells (tiles or patches) over it."""

from __future__ import annotations

from collections.abc import Callable

from tokscope.layout import Layout
from tokscope.media import processors, vendors

LAYOUTS: dict[str, Callable[..., Layout]] = {
    "area": vendors.area,
    "broken": processors.broken,
    "claude": vendors.claude,
    "deepseek-ocr2": processors.deepseek_ocr2,
    "deepseek-vl2": processors.deepseek_vl2,
    "gemini2": vendors.gemini2,
    "grid": processors.grid,
    "gundam": processors.gundam,
    "idefics3": processors.idefics3,
    "internvl": processors.internvl,
    "kimi": processors.kimi,
    "lines": processors.lined_square,
    "llama3.2": processors.llama32,
    "llama3.2-aws": vendors.llama32_aws,
    "llama4": processors.llama4,
    "llava-next": processors.llava_next,
    "nova1": vendors.nova1,
    "patches": vendors.patches,
    "phi3": processors.phi3,
    "phi4": processors.phi4,
    "smart": processors.smart,
    "square": processors.square,
    "tiles": vendors.tiles,
    "whole": vendors.whole,
}
"""The rules for pictures, by the names that rules.csv has for them."""
