"""run, serve, brain, actions: the processes."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from omotenashi import models
from omotenashi.ports import PortTaken, check_port, free_port
from omotenashi.settings import ROOT, Settings, load_settings
from omotenashi.succession import Succession, asker
from omotenashi.supervisor import CHILD, Program, Work, kept_alive, say, supervise


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(serve)
    app.command()(brain)
    app.command()(actions)


def run() -> None:
    """Everything on this machine, supervised: server, actions and brain."""
    settings = load_settings()
    check_port(settings.host, settings.port)
    asyncio.run(supervise(_work(settings)))


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
    model: Annotated[
        Path | None, typer.Option(help="A model's file; else the newest of the present data.")
    ] = None,
) -> None:
    """The brain alone: Rasa with a model."""
    settings = load_settings()
    check_port(host, port)
    chosen = (model or models.present_model() or models.train()).resolve()
    command = _brain_command(str(chosen), host, port)
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
    from support.playbook import playbook_edits
    from support.store.migrate import migrate as bring_to_shape

    set_up_logging()
    db = open_database(settings)
    bring_to_shape(db)
    playbook = playbook_edits.at_start(db, PLAYBOOK)
    services = make_services(settings, db, playbook, load_knowledge(settings, playbook, db))
    app = Sanic("omotenashi-actions", configure_logging=False)
    app.blueprint(blueprint(services, settings.key("actions")))
    app.add_task(keep_fresh(services.knowledge))
    app.add_task(playbook_edits.follow(db, PLAYBOOK, playbook))

    @app.after_server_stop
    async def close(app: Sanic[Any, Any]) -> None:
        services.orders.close()
        db.close()

    answer_errors(app)
    app.run(host=host, port=port, single_process=True, access_log=False, motd=False)


def _work(settings: Settings) -> list[Work]:
    env = {**os.environ, CHILD: "1", "PYTHONUNBUFFERED": "1"}

    async def server() -> list[str]:
        return _self("serve")

    if settings.brain_url:
        say("run", "BRAIN_URL is set: no brain is started here")
        return [kept_alive(Program("server", server, env))]
    # The second is for the brain that takes over with a new model.
    ports = _brain_port(), free_port()
    env |= {"OMOTENASHI_BRAIN_URL": ",".join(f"http://127.0.0.1:{port}" for port in ports)}
    # The secret is made before both processes ask for it.
    secret = settings.key("brain")

    def brain_command(model: Path, port: int) -> list[str]:
        return [*_self("brain"), "--port", str(port), "--model", str(model)]

    succession = Succession(
        ports, env, _model_to_start_with, models.present_model, brain_command, asker(secret)
    )
    return [kept_alive(Program("server", server, env)), succession]


def _brain_port() -> int:
    """The usual one, if it is free."""
    try:
        check_port("127.0.0.1", 5055)
    except PortTaken:
        return free_port()
    return 5055


async def _model_to_start_with() -> Path:
    """The model of the present data; trained if there is none. Raises TrainingFailed."""
    if (model := models.present_model()) is not None:
        return model
    say("run", "no model of the present data yet: training one (about a minute)")
    command, model = models.training()
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
    return model


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
