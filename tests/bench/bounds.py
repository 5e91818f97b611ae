"""Do the bounds of estimates hold? Reads counts that the vendors' APIs gave, and prints how many lie inside.

    python -m tests.bench.bounds counts.jsonl

Each line is {"text", "model", "count", "kind"}. Where `kind` begins with "count", the API counted one
message, and what it adds around a text is taken off (names.claude_frame). Elsewhere the count is that of a
whole request, whose other parts are one constant for each model and source: the one that most of its counts
agree with. `width` is how far apart the bounds are, as a share of the count; `off` the mean of how far the
estimate is from it.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from tokscope import load
from tokscope.models.names import claude_frame, claude_version
from tokscope.report.table import bounds


class Pair(NamedTuple):
    """What the API said, what we say, and between which bounds."""

    count: int
    ours: int
    low: int
    high: int


def held(pairs: list[Pair], frame: int) -> list[bool]:
    """Say of each pair whether its bounds hold, `frame` being what surrounds the text."""
    return [one.low <= one.count - frame <= one.high for one in pairs]


def frame_of(pairs: list[Pair]) -> int:
    """Find the constant that most counts agree with, the middle one of several."""
    ends = sorted({one.count - end for one in pairs for end in (one.low, one.high)})
    most = max(sum(held(pairs, end)) for end in ends)
    best = [end for end in ends if sum(held(pairs, end)) == most]
    return (best[0] + best[-1]) // 2


def main(path: str) -> None:
    """Print a line for each model and kind of count."""
    groups: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        counted = row["kind"].startswith("count")
        source = "one message" if counted else row["source"].partition(" (")[0].rpartition("/")[2][:34]
        ours = load(row["model"]).count(row["text"])
        low, high = bounds(ours)
        pair = Pair(row["count"], ours, ours if low is None else low, ours if high is None else high)
        groups[row["model"], source].append(pair)
    print(f"{'model':34}{'counted':36}{'pairs':>6}{'inside':>8}{'':7}{'width':>8}{'off':>8}{'frame':>8}")
    inside = total = 0
    for (model, source), pairs in sorted(groups.items()):
        known = claude_frame(model) if claude_version(model) else 0
        frame = known if source == "one message" else frame_of(pairs)
        holds = sum(held(pairs, frame))
        inside, total = inside + holds, total + len(pairs)
        width = sum((one.high - one.low) / max(1, one.ours) for one in pairs) / len(pairs)
        off = sum(abs(one.ours - (one.count - frame)) / max(1, one.count - frame) for one in pairs) / len(
            pairs
        )
        print(
            f"{model:34}{source:36}{len(pairs):6}{holds:8}{holds / len(pairs):7.0%}"
            f"{width:8.0%}{off:8.1%}{frame:8}"
        )
    print(f"{'all':34}{'':36}{total:6}{inside:8}{inside / total:7.1%}")


if __name__ == "__main__":
    main(sys.argv[1])
