"""Seeded ways to break a file: its bytes, its lines, and what its JSON says."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from tests.support.texts import HOSTILE

BYTES = [
    b"\x00",
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\x80" * 9,
    b"\xed\xa0\x80",
    b"\n",
    b"\r",
    b"\xef\xbb\xbf",
    b"\x1b]0;x\x07",
]
HUGE, DEEP = "a number of 5,001 digits", "5,000 lists in each other"
"""What Python's json does not write; it is put in afterwards."""
NUMBERS = [0, -1, 1, 2**31, 2**32, 2**63, 2**64, -(2**70), 1.5, 1e308, float("inf"), float("nan"), HUGE]
TEXTS = [
    "",
    "\ud800",
    "\x00",
    "a" * 10_000,
    "##[debug]",
    "(",
    "(?:a+)+$",
    "\\p{Nope}",
    "[",
    "{{",
    "$A",
    *HOSTILE.values(),
]


def value(random: Random, depth: int = 0) -> Any:
    """Make up a value of JSON."""
    kind = random.randrange(9 if depth < 3 else 5)
    if kind < 2:
        return random.choice(NUMBERS)
    if kind < 4:
        return random.choice(TEXTS)
    if kind == 4:
        return random.choice([None, True, False])
    if kind < 7:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    if kind == 7:
        return {random.choice(TEXTS): value(random, depth + 1) for _ in range(random.randrange(4))}
    return DEEP


def in_json(data: bytes, random: Random) -> bytes:
    """Change one place in a file of JSON: drop it, copy it, rename its key, or put something else there."""
    try:
        whole = json.loads(data)
    except ValueError:
        return in_bytes(data, random)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, below in inner:
            places.append((node, key))
            walk(below)

    walk(whole)
    if not places:
        return json.dumps(value(random)).encode("utf-8", "surrogatepass")
    # places high up are rare in a file with a vocabulary, and matter most
    places.sort(key=lambda place: not isinstance(place[1], str))
    near = min(int(random.expovariate(1 / 30)), len(places) - 1)
    node, key = places[near] if random.random() < 0.7 else random.choice(places)
    match random.randrange(6):
        case 0:
            del node[key]
        case 1 if isinstance(node, dict):
            node[random.choice([str(key) + "x", str(key).upper(), "", "type"])] = node.pop(key)
        case 2:
            other, where = random.choice(places)
            node[key] = deepcopy(other[where])
        case 3 if isinstance(node, list):
            node.insert(key, value(random))
        case _:
            node[key] = value(random)
    text = json.dumps(whole).replace(f'"{HUGE}"', "1" + "0" * 5000)
    return text.replace(f'"{DEEP}"', "[" * 5000 + "]" * 5000).encode()


def in_bytes(data: bytes, random: Random) -> bytes:
    """Change some bytes."""
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 5, 30])):
        at = random.randrange(len(changed) + 1)
        size = random.choice([1, 2, 4, 16, 300])
        match random.randrange(7):
            case 0:
                del changed[at : at + size]
            case 1:
                changed[at:at] = changed[at : at + size]
            case 2:
                changed[at:at] = random.randbytes(size)
            case 3:
                changed[at:at] = random.choice(BYTES)
            case 4 if at < len(changed):
                changed[at] ^= 1 << random.randrange(8)
            case 5 if random.random() < 0.3:
                del changed[at:]
            case _:
                other = random.randrange(len(changed) + 1)
                changed[at : at + size] = changed[other : other + size]
    return bytes(changed)


ENDS = [
    b"1",
    b"-1",
    b"9" * 23,
    b"=",
    b"1e9",
    b'"""',
    b"max = 0x" + b"f" * 4000,
    b"growth = 1000000",
    b"\\",
    b"]]",
]


def in_lines(data: bytes, random: Random) -> bytes:
    """Change whole lines."""
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    match random.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, random.choice(lines))
        case 2:
            lines[at] = random.choice(TEXTS).encode("utf-8", "surrogatepass")
        case 3:
            lines[at] += random.choice([b" ", b"\n"]) + random.choice(ENDS)
        case _:
            random.shuffle(lines)
    return b"\n".join(lines)


MUTATIONS: dict[str, list[Callable[[bytes, Random], bytes]]] = {
    "json": [in_json, in_json, in_json, in_bytes, in_lines],
    "text": [in_lines, in_lines, in_bytes],
    "binary": [in_bytes],
}
