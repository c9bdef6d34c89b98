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
from support.errors import Mendable


def register(app: typer.Typer) -> None:
    app.command()(train)
    app.command()(check)
    app.command()(learn)
    app.command()(replay)
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


def learn(
    train: Annotated[
        bool, typer.Option("--train", help="Train with what was decided, and compare.")
    ] = False,
    switch: Annotated[
        bool, typer.Option("--switch", help="Put in place what was trained and compared.")
    ] = False,
    dialogues: Annotated[bool, typer.Option(help="Play the dialogue tests with both.")] = True,
    job: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """List what customers asked that no article answers, and reviewed messages, as proposals."""
    from omotenashi import learning
    from omotenashi.learning_job import reported

    settings = load_settings()
    if not train and not switch:
        for line in learning.proposals(settings):
            print(line)
        return

    def work(say: learning.Say) -> dict[str, object]:
        if switch:
            return learning.switch(settings, say)
        return learning.learn(settings, say, dialogues=dialogues).as_dict()

    result = reported(settings, "switch" if switch else "learn", job, work)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if not switch:
        print("To use the new model: omotenashi learn --switch.")


def replay(
    since: Annotated[str | None, typer.Option("--from", help="YYYY-MM-DD, included.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="YYYY-MM-DD, included.")] = None,
    brain: Annotated[
        str | None, typer.Option(help="A running brain's address, or a model's file.")
    ] = None,
    job: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Ask a model what customers asked in the last week, and list which answers would change."""
    import asyncio

    from omotenashi import learning, replaying
    from omotenashi.learning_job import reported

    settings = load_settings()
    begin, end = replaying.days(since, until)

    def work(say: learning.Say) -> dict[str, object]:
        model = brain or str(learning.learned_model(settings))
        say(f"replaying on {model.rpartition('/')[2]}")
        asked = model if model.startswith(("http:", "https:")) else Path(model)
        return asyncio.run(replaying.replay(settings, begin, end, asked))

    print(json.dumps(reported(settings, "replay", job, work), ensure_ascii=False, indent=1))


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
            try:
                answer = client.post(
                    f"{url.rstrip('/')}/webhooks/hub/parse", json={"text": line.rstrip("\r\n")}
                )
                answer.raise_for_status()
                found = answer.json()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                why = str(error).partition("\n")[0]
                raise Mendable(f"--url {url}: no brain of this shop answers: {why}") from None
            print(json.dumps(found, ensure_ascii=False), flush=True)


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
    from support.playbook.playbook import load_playbook

    cache = load_settings().data_dir / "cache"
    synonyms = load_playbook(PLAYBOOK).synonyms.model_dump()
    base = Knowledge.load(knowledge or KNOWLEDGE, cache, synonyms)
    for found in search_lines(base, sys.stdin, lang=lang, top=top):
        print(json.dumps(found, ensure_ascii=False), flush=True)
