"""run, serve, brain, actions: the processes."""

import asyncio
import os
import sys
from typing import Annotated

import typer

from omotenashi import models
from omotenashi.ports import check_port, free_port
from omotenashi.settings import ROOT, Settings, load_settings
from omotenashi.supervisor import CHILD, Program, say, supervise


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(serve)
    app.command()(brain)
    app.command()(actions)


def run() -> None:
    """Everything on this machine, supervised: server, actions and brain."""
    settings = load_settings()
    check_port(settings.host, settings.port)
    asyncio.run(supervise(_programs(settings)))


def serve() -> None:
    """The server alone: channels, desk, help centre, API, and the actions unless ACTIONS_URL."""
    settings = load_settings()
    check_port(settings.host, settings.port)
    # Imported here, because the other commands need none of it.
    from omotenashi.app import make_app, prepare
    from omotenashi.first_start import welcome
    from omotenashi.logs import set_up_logging
    from omotenashi.parts import make_parts

    set_up_logging()
    parts = make_parts(settings)
    prepare(parts)
    welcome(parts)
    app = make_app(parts)
    app.run(
        host=settings.host,
        port=settings.port,
        single_process=True,
        access_log=False,
        motd=False,
    )


def brain(
    host: Annotated[str, typer.Option(help="Loopback or a private network only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5055,
) -> None:
    """The brain alone: Rasa with the newest model of the present data."""
    settings = load_settings()
    check_port(host, port)
    model = models.present_model() or models.train()
    command = _brain_command(str(model), host, port)
    os.chdir(ROOT)
    os.execve(command[0], command, _brain_env(settings))  # noqa: S606 - our own program


def actions(
    host: Annotated[str, typer.Option(help="Loopback or a private network only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5056,
) -> None:
    """The custom actions alone, for ACTIONS_URL."""
    settings = load_settings()
    check_port(host, port)
    from sanic import Sanic

    from omotenashi.actions_server import blueprint
    from omotenashi.app import answer_errors
    from omotenashi.article_watch import keep_fresh
    from omotenashi.logs import set_up_logging
    from omotenashi.parts import PLAYBOOK, load_knowledge, make_services, open_database
    from support.playbook.playbook import load_playbook
    from support.store.migrate import migrate as bring_to_shape

    set_up_logging()
    playbook = load_playbook(PLAYBOOK)
    db = open_database(settings)
    bring_to_shape(db)
    services = make_services(settings, db, playbook, load_knowledge(settings, playbook, db))
    app = Sanic("omotenashi-actions", configure_logging=False)
    app.blueprint(blueprint(services, settings.key("actions")))
    app.add_task(keep_fresh(services.knowledge))
    answer_errors(app)
    app.run(host=host, port=port, single_process=True, access_log=False, motd=False)


def _programs(settings: Settings) -> list[Program]:
    env = {**os.environ, CHILD: "1", "PYTHONUNBUFFERED": "1"}
    if settings.brain_url:
        say("run", "BRAIN_URL is set: no brain is started here")
        return [Program("server", _self("serve"), env)]
    port = 5055
    try:
        check_port("127.0.0.1", port)
    except Exception:
        port = free_port()
    env |= {"OMOTENASHI_BRAIN_URL": f"http://127.0.0.1:{port}"}
    if settings.secret_key is None and not (settings.data_dir / "secret_key").exists():
        # Made before both processes ask for it.
        settings.key("visitor")

    async def train_if_needed() -> None:
        if models.present_model() is None:
            say("run", "no model of the present data yet: training one (about a minute)")
            command, _ = models.training()
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=sys.stderr)
            try:
                if await process.wait() != 0:
                    raise models.TrainingFailed("training failed; see above")
            finally:
                # Broken off by a stop: nothing goes on in the background.
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
            say("run", "trained; loading it")

    command = [*_self("brain"), "--port", str(port)]
    return [
        Program("server", _self("serve"), env),
        Program("brain", command, env, train_if_needed),
    ]


def _self(command: str) -> list[str]:
    return [sys.executable, "-m", "omotenashi", command]


def _brain_command(model: str, host: str, port: int) -> list[str]:
    return [
        str(models.BRAIN_PYTHON), "-m", "brain", "serve",
        "--model", model, "--host", host, "--port", str(port),
    ]  # fmt: skip


def _brain_env(settings: Settings) -> dict[str, str]:
    """Only what the brain needs: no database address, no token of a channel."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONUNBUFFERED", CHILD)
        if name in os.environ
    }
    actions_url = settings.actions_url or f"http://127.0.0.1:{settings.port}/actions/webhook"
    return {
        **kept,
        "OMOTENASHI_BRAIN_SECRET": settings.key("brain"),
        "OMOTENASHI_ACTIONS_URL": actions_url,
        "OMOTENASHI_ACTIONS_SECRET": settings.key("actions"),
    }
