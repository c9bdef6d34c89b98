"""train, check, learn, parse, search: what the assistant knows.

What a command needs is imported when it runs.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from omotenashi import models
from omotenashi.settings import ROOT, load_settings


def register(app: typer.Typer) -> None:
    app.command()(train)
    app.command()(check)
    app.command()(learn)
    app.command()(parse)
    app.command()(search)


def train(
    force: Annotated[bool, typer.Option(help="Train although the data has a model.")] = False,
) -> None:
    """Train a model of the present data, unless there is one."""
    model = models.present_model()
    if model is None or force:
        model = models.train()
    print(model)


def check() -> None:
    """Look through data, playbook and settings; every problem with file and line."""
    from omotenashi.checks import problems

    load_settings()
    found = problems()
    for problem in found:
        print(problem)
    if found:
        raise typer.Exit(1)
    print("All is well.")


def learn() -> None:
    """List what customers asked that no article answers, and reviewed messages, as proposals."""
    from omotenashi.learning import proposals

    for line in proposals(load_settings()):
        print(line)


def parse(
    url: Annotated[str | None, typer.Option(help="A running brain; else one is loaded.")] = None,
) -> None:
    """A text per line in, a JSON object per line out: intent, confidence, entities, mood."""
    if url is None:
        model = models.present_model() or models.train()
        command = [str(models.BRAIN_PYTHON), "-m", "brain", "parse", "--model", str(model)]
        raise typer.Exit(subprocess.run(command, cwd=ROOT).returncode)  # noqa: S603 - ours
    import httpx

    headers = {"Authorization": f"Bearer {load_settings().key('brain')}"}
    with httpx.Client(headers=headers, timeout=30, trust_env=False) as client:
        for line in sys.stdin:
            answer = client.post(
                f"{url.rstrip('/')}/webhooks/hub/parse", json={"text": line.rstrip("\r\n")}
            )
            answer.raise_for_status()
            print(json.dumps(answer.json(), ensure_ascii=False), flush=True)


def search(
    knowledge: Annotated[
        Path | None, typer.Option(help="A folder of Markdown articles.", exists=True)
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Language of the questions.")] = None,
    top: Annotated[int, typer.Option(min=1, max=50)] = 5,
) -> None:
    """A question per line in, a JSON object per line out: verdict and articles."""
    from omotenashi.parts import KNOWLEDGE, PLAYBOOK
    from support.knowledge import Knowledge, search_lines
    from support.playbook import load_playbook

    cache = load_settings().data_dir / "cache"
    synonyms = load_playbook(PLAYBOOK).synonyms.model_dump()
    base = Knowledge.load(knowledge or KNOWLEDGE, cache, synonyms)
    for found in search_lines(base, sys.stdin, lang=lang, top=top):
        print(json.dumps(found, ensure_ascii=False), flush=True)
