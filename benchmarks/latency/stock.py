"""Stock Rasa: what `rasa init` sets up, on the project's own domain, training data and actions.

Every network is trained for one epoch: how long a network takes to answer doesn't depend on how
long it was trained, and the hundred epochs of `rasa init` take hours on this data. How well this
model understands says nothing about Rasa; so only what even one epoch gets right is asked.
"""

import hashlib
import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import httpx

from benchmarks.latency.processes import Running, start, wait_until_ready
from benchmarks.latency.talk import Answer, Order
from benchmarks.stock import diet_pipeline
from omotenashi.models import BRAIN_PYTHON
from omotenashi.ports import free_port
from omotenashi.settings import ROOT, Settings

_CACHE = ROOT / ".cache" / "stock-rasa"
# One for all conversations: making one takes longer than a turn.
_NO_TLS = ssl.create_default_context()
_DATA = ("data/nlu", "data/rules", "data/stories")
STOCK = "stock"
EPOCHS = 1

# rasa/shared/importers/default_config.yml of Rasa 3.6, which `rasa init` trains with, but for the
# number of epochs.
_CONFIG = f"""\
recipe: default.v1
assistant_id: stock
language: en
pipeline:
{diet_pipeline(EPOCHS)}  - name: EntitySynonymMapper
  - name: ResponseSelector
    epochs: {EPOCHS}
    constrain_similarities: true
  - name: FallbackClassifier
    threshold: 0.3
    ambiguity_threshold: 0.1
policies:
  - name: MemoizationPolicy
  - name: RulePolicy
  - name: UnexpecTEDIntentPolicy
    max_history: 5
    epochs: {EPOCHS}
  - name: TEDPolicy
    max_history: 5
    epochs: {EPOCHS}
    constrain_similarities: true
"""
_ENDPOINTS = """\
action_endpoint:
  url: {actions_url}
  headers:
    Authorization: Bearer {actions_secret}
tracker_store:
  type: SQL
  dialect: sqlite
  db: {database}
"""
_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "LOG_LEVEL": "WARNING",
    "PYTHONWARNINGS": "ignore",
}


class TrainingFailed(Exception):
    """Rasa could not train; the text is the end of what it printed."""


def stock_model() -> Path:
    """The model of the present data, trained if there is none yet. Raises TrainingFailed."""
    path = _CACHE / f"{_fingerprint()}.tar.gz"
    if path.exists():
        return path
    print(f"training stock Rasa, {EPOCHS} epoch (several minutes, once) ...", file=sys.stderr)
    _CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "config.yml").write_text(_CONFIG, "utf-8")
        command = [
            str(BRAIN_PYTHON), "-m", "rasa", "train", "--config", "config.yml",
            "--domain", str(ROOT / "domain.yml"), "--data", *(str(ROOT / part) for part in _DATA),
            "--out", made, "--fixed-model-name", "stock",
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=made, env=os.environ | _QUIET, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", check=False,
        )  # fmt: skip
        trained = Path(made) / "stock.tar.gz"
        if done.returncode or not trained.exists():
            raise TrainingFailed(done.stdout[-2000:])
        # Copied and then renamed, so that a model in the cache is always whole.
        part = path.with_suffix(".part")
        part.write_bytes(trained.read_bytes())
        part.replace(path)
    for old in set(_CACHE.glob("*.tar.gz")) - {path}:
        old.unlink()  # some 200 MB each
    return path


def _fingerprint() -> str:
    digest = hashlib.sha256(_CONFIG.encode())
    for file in _sources():
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def _sources() -> Iterator[Path]:
    yield ROOT / "requirements" / "brain.txt"
    yield ROOT / "domain.yml"
    for part in _DATA:
        yield from sorted((ROOT / part).rglob("*.yml"))


@dataclass
class Stock:
    """`rasa run` with its REST channel and SQLite tracker store, and `omotenashi actions`."""

    url: str
    running: tuple[Running, ...]
    name: str = STOCK

    def processor_s(self) -> float:
        return sum(process.processor_s() for process in self.running)

    async def begin(self, order: Order) -> "StockConversation":
        return StockConversation(self.url, order)


@asynccontextmanager
async def stock(folder: Path, trained: Path, data: Settings) -> AsyncIterator[Stock]:
    """Started with its tracker store in `folder`, stopped at the end.

    Its actions read the orders and articles of `data`, like ours.
    """
    port, actions_port = free_port(), free_port()
    endpoints = _ENDPOINTS.format(
        actions_url=f"http://127.0.0.1:{actions_port}/actions/webhook",
        actions_secret=data.key("actions"),
        database=folder / "tracker.sqlite3",
    )
    (folder / "endpoints.yml").write_text(endpoints, "utf-8")
    (folder / "credentials.yml").write_text("rest:\n", "utf-8")
    plain = {name: value for name, value in os.environ.items() if "OMOTENASHI" not in name}
    secret = data.secret_key
    actions_env = plain | {
        "OMOTENASHI_DATA_DIR": str(data.data_dir),
        "OMOTENASHI_DATABASE_URL": data.database,
        "OMOTENASHI_SECRET_KEY": secret.get_secret_value() if secret else "",
    }
    rasa_command = [
        str(BRAIN_PYTHON), "-m", "rasa", "run", "--model", str(trained),
        "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
        "--interface", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    actions_command = [sys.executable, "-m", "omotenashi", "actions", "--port", str(actions_port)]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        actions = await start("actions", actions_command, folder, ROOT, actions_env)
        stack.push_async_callback(actions.stop)
        rasa = await start("rasa", rasa_command, folder, folder, plain | _QUIET)
        stack.push_async_callback(rasa.stop)
        url = f"http://127.0.0.1:{port}"
        # It listens once its model is loaded.
        await wait_until_ready(rasa, client, f"{url}/webhooks/rest/")
        yield Stock(url, (rasa, actions))


class StockConversation:
    """A client of the REST channel."""

    def __init__(self, url: str, order: Order) -> None:
        self._order = order
        self._sender = uuid4().hex
        self._client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, verify=_NO_TLS)

    async def prove(self) -> None:
        # This pipeline has no examples to learn order numbers from, so they are given to it.
        known = f'{{"order_number": "{self._order.number}", "email": "{self._order.email}"}}'
        for intent in ("inform", "order_status"):
            answer = await self.ask(f"/{intent}{known}")
        assert answer.kind == "order", f"the order was not shown: {answer.text}"

    async def ask(self, text: str) -> Answer:
        began = perf_counter()
        answered = await self._client.post(
            "/webhooks/rest/webhook", json={"sender": self._sender, "message": text}
        )
        ms = 1000 * (perf_counter() - began)
        answered.raise_for_status()
        messages = answered.json()
        kinds = [message["custom"].get("kind") for message in messages if "custom" in message]
        kind = next((kind for kind in kinds if kind), "text")
        words = " ".join(message["text"] for message in messages if "text" in message)
        return Answer(ms, kind, words)

    async def end(self) -> None:
        await self._client.aclose()
