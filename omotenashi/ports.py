"""Ports: is one free, and which is."""

import socket

from support.errors import Mendable


class PortTaken(Mendable):
    """Something else listens there; the text says so in a sentence."""


def check_port(host: str, port: int) -> None:
    """Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} on {host} can't be used ({error.strerror}). "
                f"Stop what uses it, or set OMOTENASHI_PORT to another port."
            ) from error


def free_port() -> int:
    """A port of this machine that nobody uses at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
