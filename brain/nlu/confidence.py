"""A confidence that means something: the chance that the intent is right."""

import random
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression


@dataclass(frozen=True)
class Confidence:
    """Logistic over the probability's log-odds and the likeness to training sentences."""

    odds: float = 1.0
    likeness: float = 2.0
    offset: float = -1.0

    def of(self, probability: np.ndarray, likeness: np.ndarray) -> np.ndarray:
        score = self.odds * _log_odds(probability) + self.likeness * likeness + self.offset
        return 1.0 / (1.0 + np.exp(-score))

    @classmethod
    def fit(
        cls, probability: np.ndarray, likeness: np.ndarray, correct: np.ndarray
    ) -> "Confidence":
        """From held-out answers; the defaults where there is nothing to learn from."""
        if len(correct) < 50 or correct.all() or not correct.any():
            return cls()
        inputs = np.stack([_log_odds(probability), likeness], axis=1)
        fitted = LogisticRegression(C=10.0).fit(inputs, correct)
        odds, like = map(float, fitted.coef_[0])
        return cls(odds, like, float(fitted.intercept_[0]))


def _log_odds(probability: np.ndarray) -> np.ndarray:
    bounded = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.log(bounded / (1 - bounded))


def _nonsense_words(chance: random.Random) -> str:
    """Words that could be English and are not: "wibble frub snork"."""
    endings = ("b", "g", "x", "zz", "rp", "rk", "nk", "bble", "ggle", "mp", "lp", "nd", "ft")
    return " ".join(
        chance.choice("bdfgklmnpqrstvwyz")
        + chance.choice(("", "l", "r", "n"))
        + chance.choice("aeiou")
        + chance.choice(endings)
        for _ in range(chance.randint(1, 4))
    )


def gibberish(count: int, seed: int = 7) -> list[str]:
    """Texts without meaning (keyboards, cats, random kana, made-up words), the same for the same
    `seed`."""
    chance = random.Random(seed)  # noqa: S311 - reproducible training data, not a secret
    alphabets = [
        "asdfghjklqwertyuiopzxcvbnm;",
        "asdfjkl",
        "abcdefghijklmnopqrstuvwxyz    ",
        "".join(map(chr, range(0x3042, 0x3094))),
        "".join(map(chr, range(0x30A2, 0x30F4))),
        "".join(map(chr, range(0x4E00, 0x6000))),
        "!?.,*&^%$#@()_+-=~[]{}|",
    ]
    texts = []
    for number in range(count):
        kind = number % (len(alphabets) + 2)
        if kind >= len(alphabets):
            texts.append(_nonsense_words(chance))
            continue
        alphabet = alphabets[kind]
        length = chance.randint(3, 16)
        texts.append("".join(chance.choices(alphabet, k=length)).strip() or "zxqv")
    return texts
