"""Sanic's Blueprint, without its look into the source of every handler.

To guess how a handler's errors should look, Sanic parses its source as the route is added: a second
of every start for some two hundred routes, and CPython 3.11 sometimes fails at parsing while other
threads work ("AST constructor recursion depth mismatch"). All our errors are JSON.
"""

from typing import Any

import sanic


class Blueprint(sanic.Blueprint):
    def _determine_error_format(self, handler: Any) -> str:
        return "json"
