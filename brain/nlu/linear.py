"""A linear text classifier whose scores are calibrated by cross-validation."""

import json
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from brain.nlu.features import Features
from brain.nlu.reading import Reading

FOLDS = 3
_USUAL_TEMPERATURE = 3.5
# With so many examples of each label, words and dense columns weigh alike.
_PLENTY = 1000
# Up to so many a logistic regression, which weighs all labels against each other at once, does
# better than a machine for each label against all others; beyond, it only takes longer.
VERY_FEW = 20


@dataclass(frozen=True)
class HeldOut:
    """Decision values of a third of the training readings by a model that hadn't seen them."""

    rows: np.ndarray  # which readings these are
    decisions: np.ndarray  # (rows, labels)
    targets: np.ndarray  # index of the true label


@dataclass
class LinearText:
    """Labels from readings and their dense columns (the sentence vector and what goes with it)."""

    labels: list[str]
    features: Features
    dense_columns: int
    weights: np.ndarray  # (columns, labels)
    bias: np.ndarray
    temperature: float

    @classmethod
    def fit(
        cls, readings: Sequence[Reading], dense: np.ndarray, targets: Sequence[str], cost: float
    ) -> "tuple[LinearText, HeldOut | None]":
        """The model, and held-out decisions unless a label has too few examples for that."""
        labels, truth = np.unique(np.asarray(targets), return_inverse=True)
        features = Features()
        dense_weight = weight_of_dense(len(truth) / len(labels))
        matrix = features.fit_transform(readings, dense * np.float32(dense_weight))
        folds = min(FOLDS, int(np.bincount(truth).min()))
        everything = np.arange(len(truth))
        seen, unseen = everything, everything[:0]
        if folds > 1:
            # One third is enough to see how sure to be, and costs a second fit, not three.
            split = StratifiedKFold(folds, shuffle=True, random_state=7).split(truth, truth)
            seen, unseen = next(split)

        def trained(rows: np.ndarray) -> "LinearSVC | LogisticRegression":
            if len(truth) <= VERY_FEW * len(labels):
                machine = LogisticRegression(C=2.0, tol=1e-3, max_iter=100)
            else:
                # Few examples can be trusted further, as their dense columns are.
                machine = LinearSVC(C=cost * dense_weight, tol=1e-2, random_state=7)
            return machine.fit(matrix[rows], truth[rows])

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # near enough by then
            # liblinear lets go of the GIL: two folds at a time.
            with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
                each = [everything, seen] if len(unseen) else [everything]
                final, *partial = pool.map(trained, each)
        held_out, temperature = None, _USUAL_TEMPERATURE
        if partial:
            decisions = _columns(partial[0].decision_function(matrix[unseen]))
            held_out = HeldOut(unseen, decisions.astype("f4"), truth[unseen])
            temperature = _fitting_temperature(held_out)
        weights, bias = final.coef_.T, final.intercept_
        if len(labels) == 2:
            weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
        weights = np.array(weights, dtype=np.float32, order="C")
        weights[: dense.shape[1]] *= np.float32(dense_weight)
        bias = bias.astype("f4")
        model = cls(labels.tolist(), features, dense.shape[1], weights, bias, temperature)
        return model, held_out

    def chances(self, reading: Reading, dense: np.ndarray) -> np.ndarray:
        """The probability of each label for one reading with its dense columns (one row)."""
        decisions = self.features.project(reading, dense, self.weights) + self.bias
        return softmax(decisions[np.newaxis], self.temperature)[0]

    def save(self, directory: Path) -> None:
        np.savez(directory / "linear.npz", weights=self.weights, bias=self.bias)
        dumped = self.features.dump(self.dense_columns)
        (directory / "features.json").write_text(dumped, encoding="utf-8")
        facts = {
            "labels": self.labels,
            "dense_columns": self.dense_columns,
            "temperature": self.temperature,
        }
        (directory / "linear.json").write_text(json.dumps(facts), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> "LinearText":
        facts = json.loads((directory / "linear.json").read_text(encoding="utf-8"))
        features = Features.load((directory / "features.json").read_text(encoding="utf-8"))
        with np.load(directory / "linear.npz", allow_pickle=False) as stored:
            return cls(features=features, weights=stored["weights"], bias=stored["bias"], **facts)


def weight_of_dense(examples: float) -> float:
    """How much more the dense columns count than words where a label has few `examples`.

    A sentence vector knows synonyms from elsewhere, words must be learned. Measured on 10, 33, 130
    and 980 examples a label (docs/decisions/0006-nlu-pipeline.md): 3.7, 3, 2 and 1 were best.
    """
    return float(np.clip(1 + 1.36 * np.log10(_PLENTY / max(examples, 1.0)), 1.0, 4.0))


def softmax(decisions: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities from decision values; here a higher `temperature` is a sharper answer."""
    scaled = temperature * (decisions - decisions.max(axis=1, keepdims=True))
    exponents = np.exp(scaled)
    return exponents / exponents.sum(axis=1, keepdims=True)


def _columns(decisions: np.ndarray) -> np.ndarray:
    return np.stack([-decisions, decisions], axis=1) if decisions.ndim == 1 else decisions


def _fitting_temperature(held_out: HeldOut) -> float:
    rows = np.arange(len(held_out.targets))

    def loss(temperature: float) -> float:
        chances = softmax(held_out.decisions, temperature)[rows, held_out.targets]
        return float(-np.log(chances + 1e-9).mean())

    return float(minimize_scalar(loss, bounds=(0.5, 20.0), method="bounded").x)
