"""A confidence that means something: the chance that the intent is right."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

# Where half of the training sentences are less like the others than this, intents are broad, and
# what is unlike them is no less likely meant; from the second on likeness counts in full.
_BROAD, _NARROW = 0.55, 0.8
_IN_FULL = 2.0


@dataclass(frozen=True)
class Confidence:
    """Logistic over the log-odds of: probability times likeness to what was learned ** `weight`.

    Left to itself a fit to right and wrong answers hardly heeds the likeness: it knows little of
    what is out of scope. On narrow intents the square refuses more of that and takes as much of
    the rest; on broad ones it would doubt what is right (docs/decisions/0006-nlu-pipeline.md).
    """

    slope: float = 1.6
    offset: float = 2.0
    weight: float = _IN_FULL

    def of(self, probability: np.ndarray, likeness: np.ndarray) -> np.ndarray:
        score = self.slope * _score(probability, likeness, self.weight) + self.offset
        return 1.0 / (1.0 + np.exp(-score))

    @classmethod
    def fit(
        cls, probability: np.ndarray, likeness: np.ndarray, correct: np.ndarray
    ) -> "Confidence":
        """From held-out answers; the defaults where there is nothing to learn from."""
        if len(correct) < 50 or correct.all() or not correct.any():
            return cls()
        narrowness = (float(np.median(likeness)) - _BROAD) / (_NARROW - _BROAD)
        weight = _IN_FULL * float(np.clip(narrowness, 0.0, 1.0))
        scores = _score(probability, likeness, weight)[:, np.newaxis]
        fitted = LogisticRegression(C=10.0).fit(scores, correct)
        return cls(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]), weight)


def _score(probability: np.ndarray, likeness: np.ndarray, weight: float) -> np.ndarray:
    return _log_odds(probability * np.maximum(likeness, 0.0) ** weight)


def _log_odds(probability: np.ndarray) -> np.ndarray:
    bounded = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.log(bounded / (1 - bounded))
