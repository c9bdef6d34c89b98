"""A brain process of the present model, for tests that need real understanding."""

import asyncio
import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from typing import Any

import httpx

from omotenashi import models
from omotenashi.settings import ROOT, Settings
from tests.ports import free_port


@dataclass
class BrainProcess:
    """`python -m brain serve`, whose actions are those of the server on `actions_port`."""

    settings: Settings
    actions_port: int
    port: int = field(default_factory=free_port)
    _process: asyncio.subprocess.Process | None = None
    _log: Any = field(default_factory=tempfile.TemporaryFile)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        # `omotenashi learn` has the dialogues played with the model it names.
        named = os.environ.get("DIALOGUES_MODEL")
        model = named or await asyncio.to_thread(lambda: models.present_model() or models.train())
        env = {
            name: os.environ[name]
            for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
            if name in os.environ
        } | {
            "OMOTENASHI_BRAIN_SECRET": self.settings.key("brain"),
            "OMOTENASHI_ACTIONS_URL": f"http://127.0.0.1:{self.actions_port}/actions/webhook",
            "OMOTENASHI_ACTIONS_SECRET": self.settings.key("actions"),
        }
        self._process = await asyncio.create_subprocess_exec(
            str(models.BRAIN_PYTHON), "-m", "brain", "serve",
            "--model", str(model), "--port", str(self.port),
            cwd=ROOT, env=env, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        await self._until_ready()

    async def stop(self) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()
        self._log.close()

    def log(self) -> str:
        self._log.seek(0)
        return bytes(self._log.read()).decode(errors="replace")

    async def _until_ready(self) -> None:
        assert self._process is not None
        headers = {"Authorization": f"Bearer {self.settings.key('brain')}"}
        async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=60) as client:
            async with asyncio.timeout(240):
                while self._process.returncode is None:
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await client.get(f"{self.url}/webhooks/hub/ready")
                        if answer.status_code == 200:
                            return
                    await asyncio.sleep(0.1)
        raise AssertionError(f"the brain ended: {self.log()[-2000:]}")
