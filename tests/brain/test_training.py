"""Short cuts of the training give what the long ways give."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import PROJECT, ROOT
from sklearn.feature_extraction.text import TfidfVectorizer

from brain.nlu import vectors
from brain.nlu.features import Features
from brain.nlu.reading import Reading, read
from brain.nlu.segmentation import segment

SAID = [
    "where is my order",
    "Where is my order HN-10234?? I have been waiting for three weeks and nobody answers me",
    "荷物はまだ届きませんか",
    "注文番号は10234です。返品したいのですが、送料はかかりますか？",
    "ok",
    "",
    "🍵🍵",
    "my order is late, my order is broken, my order is wrong",
    "x" * 300,
]


def test_many_sentences_at_once_have_the_vectors_of_each_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMOTENASHI_VECTOR_CACHE", str(tmp_path))
    monkeypatch.setattr(vectors, "_BULK", 2)
    together = vectors.encode_cached(SAID)
    alone = np.concatenate([vectors.encode([text]) for text in SAID])
    assert np.abs(together - alone).max() < 1e-5
    # The cache gives the same to a training that comes later.
    assert (vectors.encode_cached(SAID[::-1]) == together[::-1]).all()


def test_n_grams_are_counted_and_weighed_as_scikit_learn_does() -> None:
    readings = [read(text, segment(text), ()) for text in SAID]
    dense = np.zeros((len(readings), 3), np.float32)
    found = Features().fit_transform(readings, dense).toarray()

    def words(reading: Reading) -> list[str]:
        said = reading.words
        return [*said, *(" ".join(pair) for pair in zip(said[:-1], said[1:], strict=True))]

    characters = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 5),
        min_df=2,
        sublinear_tf=True,
        preprocessor=lambda reading: " ".join(reading.words),
    )
    by_word = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    expected = [characters.fit_transform(readings), by_word.fit_transform(readings)]
    assert found.shape[1] == 3 + sum(block.shape[1] for block in expected)
    assert np.abs(found[:, 3:] - 1.3 * np.hstack([b.toarray() for b in expected])).max() < 1e-6


def test_what_goes_wrong_beside_the_rest_ends_the_training(tmp_path: Path) -> None:
    """Moods are learned in a thread: what is wrong with them must not go unheard."""
    moods = tmp_path / "mood"
    moods.mkdir()
    (moods / "en.yml").write_text("mood:\n  furious: [this is the last straw]\n", "utf-8")
    config = (PROJECT / "config.yml").read_text("utf-8")
    (tmp_path / "config.yml").write_text(config.replace("tests/brain/project/mood", str(moods)))
    command = [
        sys.executable, "-m", "brain", "train", "--out", str(tmp_path), "--name", "never",
        "--config", str(tmp_path / "config.yml"), "--domain", str(PROJECT / "domain.yml"),
        "--data", str(PROJECT / "nlu.yml"), str(PROJECT / "rules.yml"),
    ]  # fmt: skip
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "mood `furious` is none of none, displeased, angry" in done.stderr
    assert not (tmp_path / "never.tar.gz").exists()
