"""What the training sentences are like, in a few vectors for each intent."""

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

PER_LABEL = 12


def prototypes(vectors: np.ndarray, targets: Sequence[str]) -> np.ndarray:
    """Up to `PER_LABEL` unit vectors a label; comparing with all sentences takes too long live."""
    truth = np.asarray(targets)
    found = []
    for label in np.unique(truth):
        own = vectors[truth == label]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # sentences given twice
            means = KMeans(min(PER_LABEL, len(own)), n_init=1, random_state=7).fit(own)
        found.append(means.cluster_centers_)
    centres = np.vstack(found).astype(np.float32)
    return centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-6)


def likeness(vectors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Cosine to the nearest of the `known` vectors, for each of `vectors`."""
    return (vectors @ known.T).max(axis=1, initial=0.0)


def held_out_likeness(vectors: np.ndarray, targets: Sequence[str]) -> np.ndarray:
    """`likeness` to prototypes of the other half, as a message that wasn't trained would have."""
    truth = np.asarray(targets)
    half = np.random.default_rng(7).permutation(len(truth)) % 2 == 0
    result = np.empty(len(truth), dtype=np.float32)
    result[half] = likeness(vectors[half], prototypes(vectors[~half], truth[~half]))
    result[~half] = likeness(vectors[~half], prototypes(vectors[half], truth[half]))
    return result
