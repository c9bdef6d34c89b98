"""How sure to be: what is unlike everything learned is doubted where intents are narrow."""

from __future__ import annotations

import numpy as np
import pytest

from brain.nlu.confidence import Confidence


def learned(typical: float) -> Confidence:
    """From answers right as often as their probability says, to messages of `typical` likeness."""
    chance = np.random.default_rng(3)
    probability = chance.uniform(0.2, 1.0, 4000)
    likeness = np.clip(chance.normal(typical, 0.05, 4000), 0, 1)
    return Confidence.fit(probability, likeness, chance.uniform(size=4000) < probability)


def sure(confidence: Confidence, probability: float, likeness: float) -> float:
    return float(confidence.of(np.float64(probability), np.float64(likeness)))


def test_unlike_messages_are_doubted_where_intents_are_narrow() -> None:
    narrow = learned(0.85)
    assert sure(narrow, 0.9, 0.85) > 0.75
    assert sure(narrow, 0.9, 0.4) < 0.4


def test_where_intents_are_broad_only_the_probability_counts() -> None:
    broad = learned(0.5)
    assert sure(broad, 0.9, 0.5) == sure(broad, 0.9, 0.2)


@pytest.mark.parametrize("typical", [0.5, 0.65, 0.85])
def test_a_confidence_is_the_chance_of_being_right(typical: float) -> None:
    confidence = learned(typical)
    for probability in (0.4, 0.6, 0.8):
        assert sure(confidence, probability, typical) == pytest.approx(probability, abs=0.08)


def test_odd_numbers_give_a_confidence_all_the_same() -> None:
    for confidence in (Confidence(), learned(0.85)):
        for probability in (0.0, 1.0):
            for likeness in (-1.0, 0.0, 1.0):
                assert 0.0 <= sure(confidence, probability, likeness) <= 1.0
