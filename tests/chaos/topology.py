"""The topology of deploy/compose.yml without containers: `python -m tests.chaos.topology`.

PostgreSQL, Redis, two servers, two brains and, where there is one, an nginx with the configuration
of deploy/, all on loopback until Ctrl-C. `--real-brain` takes the present model.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import tempfile
from pathlib import Path

from tests.chaos.people import PASSWORD, Board, Colleague
from tests.chaos.proxy import Nginx, nginx
from tests.chaos.storm import build, prepared


async def run(*, real_brain: bool) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with tempfile.TemporaryDirectory(prefix="topology-") as name:
        folder = Path(name)
        settings = {"OMOTENASHI_TRUSTED_PROXIES": "127.0.0.1", "OMOTENASHI_LIMITS": "on"}
        dice = random.Random()
        product = build(folder, big=True, real_brain=real_brain, dice=dice, settings=settings)
        agent = Colleague(0, Board([]), dice)
        proxy = None
        try:
            db, _ = await prepared(product, [agent], 0)
            db.close()
            await product.ready()
            for port in product.ports:
                print(f"server  http://127.0.0.1:{port}/")
            if nginx() is not None:
                front = Nginx(folder / "nginx", product.ports)
                front.prepare()
                proxy = front.program()
                proxy.start()
                print(f"nginx   {front.url}/  (its certificate is in {front.folder})")
            print(f"desk    {agent.email}  {PASSWORD}", flush=True)
            await stopping.wait()
        finally:
            await agent.http.aclose()
            if proxy is not None:
                await proxy.stop()
            await product.stop()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--real-brain", action="store_true", help="Rasa, with the present model")
    given = options.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(real_brain=given.real_brain))


if __name__ == "__main__":
    main()
