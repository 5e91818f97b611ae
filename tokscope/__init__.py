"""tokscope: count, split and compare tokens with every family of tokenizer.

>>> import tokscope
>>> tokscope.load("gpt-4o").count("Hello world")
2
"""

from __future__ import annotations

from tokscope.registry import load
from tokscope.split import Split, Token
from tokscope.tokenizer import Tokenizer

__version__ = "0.1.0"

__all__ = ["Split", "Token", "Tokenizer", "load"]
