"""What the trained pipeline makes of a message."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Hub


@pytest.mark.parametrize(
    ("text", "intent", "language"),
    [
        ("hey, good morning!", "greet", "en"),
        ("Has my parcel been shipped?", "order_status", "en"),
        ("荷物はまだ届きませんか", "order_status", "ja"),
        ("どうもありがとう", "thank", "ja"),
    ],
)
def test_intents(hub: Hub, text: str, intent: str, language: str) -> None:
    parse = hub.parse(text)
    assert (parse["intent"], parse["language"]) == (intent, language)
    assert parse["text"] == text
    assert parse["ranking"][0] == {"name": intent, "confidence": parse["confidence"]}


@pytest.mark.parametrize(
    "text", ["asdfghjk", "zxcv qwer", "ぬへもゆらまよ", "!!??##", "😀😀", "", " "]
)
def test_gibberish_is_not_understood(hub: Hub, text: str) -> None:
    parse = hub.parse(text)
    assert parse["intent"] in ("out_of_scope", "nlu_fallback") or parse["confidence"] < 0.5


def test_entities_don_t_overlap(hub: Hub) -> None:
    text = "my teapot@example.com teapot from HN-10234 arrived broken"
    entities = hub.parse(text)["entities"]
    named = {e["entity"]: e for e in entities}
    assert named["item"]["start"] == text.index(" teapot from") + 1
    assert named["email"]["value"] == "teapot@example.com"
    assert named["item"]["value"] == "kyusu"
    assert named["fault"]["value"] == "broken"
    ends = [entity["end"] for entity in entities[:-1]]
    starts = sorted(entity["start"] for entity in entities)[1:]
    assert all(end <= start for end, start in zip(sorted(ends), starts, strict=True))


def test_text_is_never_rewritten(hub: Hub) -> None:
    text = "ＨＮ－１０２３４　はどこですか"
    assert hub.parse(text)["text"] == text


def test_relative_dates_follow_the_shops_day(hub: Hub) -> None:
    body = {"text": "it came yesterday", "metadata": {"now": "2026-11-21T16:30:00Z"}}
    entities = hub.post("/webhooks/hub/parse", body).json()["entities"]
    # 16:30 in London is half past one the next morning in Kyoto.
    assert [e["value"] for e in entities if e["entity"] == "date"] == ["2026-11-21"]


@pytest.mark.parametrize(
    ("text", "angry"),
    [
        ("I am furious, this is outrageous!!", True),
        ("ふざけるな！いい加減にしろ", True),
        ("my cat is angry", False),
        ("where is my order", False),
        ("返品したいです", False),
    ],
)
def test_mood(hub: Hub, text: str, angry: bool) -> None:
    parse = hub.parse(text)
    assert (parse["anger"] == "angry") is angry
    assert (parse["anger_score"] >= 0.5) is angry


def test_long_text_is_read(hub: Hub) -> None:
    assert hub.parse("where is my order? " * 1000)["intent"] == "order_status"
    assert hub.parse("荷物はまだ届きませんか。" * 1600)["intent"] == "order_status"


def test_the_command_line_reads_like_the_hub(hub: Hub, model: Path) -> None:
    lines = ["where is my order", "/greet", "", "注文はどこですか"]
    command = [sys.executable, "-m", "brain", "parse", "--model", str(model)]
    done = subprocess.run(
        command, cwd=ROOT, input="\n".join(lines) + "\n", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        hub.parse(line) for line in lines
    ]


def test_no_model_is_said_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "brain", "parse", "--model", str(tmp_path / "none.tar.gz")]
    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True)
    assert done.returncode == 1
    assert "there is no model at" in done.stderr
