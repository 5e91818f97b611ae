"""What models of bytes expect next: the probability of each of the 256 bytes after the beginning of a text.

tokscope itself needs only entropies and bits, which tests hold against these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tokscope.entropy.framing import framed
from tokscope.entropy.neural import STRIDE, WARM, Network
from tokscope.entropy.ngram import ByteModel

if TYPE_CHECKING:
    from numpy.typing import NDArray


def of_ngrams(model: ByteModel, data: bytes) -> NDArray[np.float64]:
    """Give a model's distribution after `data`; 0xFF ends the text."""
    node = int(model._contexts(framed(data)[:-1])[-1])
    chain = [node]
    while node:
        node = int(model._suffix[node])
        chain.append(node)
    p = np.full(256, 1 / 256)
    for node in reversed(chain):
        mine = slice(model._first[node], model._first[node + 1])
        p = p * model._backoff[node]
        p[model._edges[model._first[node] - 1 : model._first[node + 1] - 1] & 0xFF] += model._seen[mine]
    return p


def of_network(network: Network, data: bytes) -> NDArray[np.float32]:
    """Give a network's distribution after `data`; 0xFF ends the text."""
    codes = framed(data)[:-1]
    begin = max(0, -(-(len(codes) - WARM - STRIDE) // STRIDE)) * STRIDE  # the start of the last window
    p: NDArray[np.float32] = np.exp(network._logs(codes[begin:, None])[-1, 0])
    return p
