"""Ports for what tests start, below those that the system gives out by itself.

One that the system calls free may be another socket's a moment later: of another worker's server,
or of a client. Here nobody else is given it between the choice and the listening, nor while a
program that is started again has let go of it.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from itertools import cycle, islice

FIRST, FOR_EACH_WORKER, WORKERS = 12_000, 2_500, 8


def _own_ports() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    first = FIRST + worker * FOR_EACH_WORKER
    # Two runs at once on one machine begin at different places.
    begin = first + os.getpid() * 61 % FOR_EACH_WORKER
    return cycle((*range(begin, first + FOR_EACH_WORKER), *range(first, begin)))


_ports = _own_ports()


def free_port() -> int:
    """A port of this machine that nobody uses, and that only this function gives out."""
    for port in islice(_ports, FOR_EACH_WORKER):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe,
            contextlib.suppress(OSError),
        ):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")
