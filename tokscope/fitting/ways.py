"""Ways: where best to cut a text into parts, as far as tokens of the whole give a part's size."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

from tokscope.text.outline import Level


class Ways:
    """The best ways from each break to the end of a text, as far as tokens of the whole give a part's size.

    Example: Ways([0, 3, 6, 9], [Level.SECTION] * 4, 6, 6).onto -> [1, 3, 3, 3]

    `tokens` come before each break, the first and the last one being the text's ends; `first` and `room` are
    how many the first part and the others may have. `onto` says at which break the best part ends that begins
    at each.
    """

    def __init__(self, tokens: Sequence[int], levels: Sequence[Level], first: int, room: int) -> None:
        last = len(tokens) - 1
        self._tokens, self._first, self._room = tokens, first, room
        # Of the part that begins at a break and all after it, how often each level is cut, the worst first,
        # as one number, and how uneven the parts are.
        self._damage, self._uneven = [0] * len(tokens), [0] * len(tokens)
        self.onto = [last] * len(tokens)
        damage, least = self._damage, 0
        ends: deque[int] = deque()  # those within reach with the least damage, the farthest first
        for i in range(last - 1, -1, -1):
            behind = self._within_reach(i)
            while ends and ends[0] >= behind.stop:
                ends.popleft()
            if not ends or not i:  # the first part may reach farther than what follows it
                least = min(damage[behind.start : behind.stop])
                ends = deque(j for j in reversed(behind) if damage[j] == least)
            elif damage[i + 1] <= least:
                if damage[i + 1] < least:
                    least = damage[i + 1]
                    ends.clear()
                ends.append(i + 1)
            here = tokens[i]
            self._uneven[i], self.onto[i] = min(
                [(self._uneven[j] + (tokens[j] - here) ** 2, j) for j in ends]
            )
            damage[i] = least + (1 << 32 * levels[i])

    def _within_reach(self, i: int) -> range:
        limit = self._room if i else self._first
        return range(i + 1, max(bisect_right(self._tokens, self._tokens[i] + limit), i + 2))

    def best_first(self, i: int) -> list[int]:
        """Give where a part may end that begins at a break, the best end first.

        Example: Ways([0, 3, 6, 9], [Level.SECTION] * 4, 6, 6).best_first(0) -> [1, 2]
        """
        here = self._tokens[i]
        return sorted(
            self._within_reach(i),
            key=lambda j: (self._damage[j], self._uneven[j] + (self._tokens[j] - here) ** 2),
        )
