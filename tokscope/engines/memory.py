"""Gives the memory that engines have freed back to the system."""

from __future__ import annotations

import sys

M_MMAP_THRESHOLD = -3
"""mallopt's parameter, of malloc.h: from how many bytes on a block stands by itself, to be given back."""


LEAST = 200_000
"""Bytes of a block from which on it is given back."""


def give_back() -> None:
    """Have the C library give each block of LEAST bytes and more back to the system as soon as it is freed.

    Example: give_back(), before several engines take turns with hundreds of megabytes

    glibc raises that size, up to 32 MB, with every large block that is freed, and keeps what is smaller:
    eleven tokenizers then hold half as much again as they need (mallopt(3)). Other C libraries have no such
    size, and then nothing is done.
    """
    if sys.platform == "linux":
        import ctypes

        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, LEAST)
