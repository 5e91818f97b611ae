"""Learn byte pair merges from the word counts of Sennrich et al. (2016), and print them."""

from collections import Counter
from itertools import pairwise

CORPUS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
END = "</w>"


def learn(counts: dict[str, int], merges: int) -> list[tuple[str, str]]:
    """Join the most frequent pair of neighbours, again and again."""
    words = {(*word, END): count for word, count in counts.items()}
    learned = []
    for _ in range(merges):
        pairs: Counter[tuple[str, str]] = Counter()
        for symbols, count in words.items():
            for pair in pairwise(symbols):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=pairs.__getitem__)  # of equals the first one seen
        learned.append(best)
        words = {join(symbols, best): count for symbols, count in words.items()}
    return learned


def join(symbols: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """Write every occurrence of `pair` as one symbol."""
    joined: list[str] = []
    for symbol in symbols:
        if joined and (joined[-1], symbol) == pair:
            joined[-1] += symbol
        else:
            joined.append(symbol)
    return tuple(joined)


if __name__ == "__main__":
    for number, (left, right) in enumerate(learn(CORPUS, 10), start=1):
        print(f"{number:2}. {left} + {right} -> {left + right}")
