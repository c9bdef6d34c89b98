"""Open chats in which nothing happens: `python -m benchmarks.idle_visitors [--visitors N]`.

N visitors hold an event stream at one `omotenashi serve` (SQLite, a scripted brain). Measured:
memory for each of them, and how long it takes from one visitor's request until the message is on
their stream, with nobody else and with all the others connected.
"""

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import httpx

from channels.website.tokens import make_token
from omotenashi.app import prepare_database
from omotenashi.parts import PLAYBOOK
from omotenashi.settings import Settings
from support.clock import utc_now
from support.customers import visitors
from support.playbook.playbook import load_playbook
from support.store import Database, Transaction
from tests.e2e.product import EchoBrain, Serving

ASKED = 60
AT_ONCE = 25


def threads(db: Database, number: int) -> list[str]:
    playbook = load_playbook(PLAYBOOK)

    def arrive(tx: Transaction) -> list[str]:
        now = utc_now()
        return [
            visitors.arrive(tx, channel="website", now=now, playbook=playbook)[0].id
            for _ in range(number)
        ]

    return db.write(arrive)


async def open_stream(port: int, token: str) -> asyncio.StreamReader:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET /api/v1/visitor/events HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
    )
    await reader.readuntil(b"event: state\n")
    kept.append(writer)
    return reader


# Writers, which would be closed if nobody held them.
kept: list[asyncio.StreamWriter] = []


def memory(pid: int) -> int:
    """Resident kilobytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no VmRSS")


async def reach(serving: Serving, tokens: list[str], readers: list[asyncio.StreamReader]) -> None:
    times = []
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False, timeout=30) as http:
        step = max(1, len(tokens) // ASKED)
        for token, reader in list(zip(tokens, readers, strict=True))[::step][:ASKED]:
            text = uuid4().hex
            began = time.perf_counter()
            response = await http.post(
                "/api/v1/visitor/messages",
                json={"client_id": text, "text": text},
                headers={"Authorization": f"Bearer {token}"},
            )
            assert response.status_code == 202
            while text not in (await reader.readuntil(b"\n\n")).decode():
                pass
            times.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.05)
    times.sort()
    p99 = times[min(len(times) - 1, round(len(times) * 0.99))]
    print(
        f"  reached: p50 {statistics.median(times):.1f} ms, p99 {p99:.1f} ms ({len(times)} times)"
    )


async def measure(number: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, number + 1000), hard))
    folder = Path(tempfile.mkdtemp(prefix="idle-"))
    db = Database(f"sqlite:///{folder / 'omotenashi.sqlite3'}")
    prepare_database(db, utc_now(), demo=True)
    ids = threads(db, number)
    db.close()
    settings = Settings(_env_file=None, data_dir=folder)
    tokens = [make_token(id, settings.key("visitor"), utc_now()) for id in ids]
    brain = EchoBrain()
    await brain.start()
    serving = Serving(folder, brain.url)
    await serving.start()
    assert serving.process is not None
    await asyncio.sleep(20)  # the articles' index is made, and nothing else goes on
    pid = serving.process.pid
    try:
        few = [await open_stream(serving.port, token) for token in tokens[:ASKED]]
        print(f"{ASKED} visitors")
        await reach(serving, tokens[:ASKED], few)
        before, began = memory(pid), time.perf_counter()
        readers = list(few)
        for start in range(ASKED, number, AT_ONCE):
            batch = tokens[start : start + AT_ONCE]
            readers += await asyncio.gather(*(open_stream(serving.port, t) for t in batch))
            if len(readers) % 1000 < AT_ONCE:
                print(f"  {len(readers)} connected, {memory(pid) / 1024:.0f} MB", flush=True)
        took = time.perf_counter() - began
        more = number - ASKED
        after = memory(pid)
        print(f"{number} visitors, connected in {took:.0f} s")
        print(
            f"  memory: {before / 1024:.0f} MB before, {after / 1024:.0f} MB after, "
            f"{(after - before) / more:.1f} kB a visitor"
        )
        await reach(serving, tokens, readers)
        print(json.dumps({"visitors": number, "kb_each": round((after - before) / more, 1)}))
    finally:
        await serving.kill()
        await brain.stop()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visitors", type=int, default=3000)
    asyncio.run(measure(options.parse_args().visitors))


if __name__ == "__main__":
    main()
