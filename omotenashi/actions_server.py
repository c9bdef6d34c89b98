"""The custom actions over HTTP: rasa-sdk's executor behind a shared secret.

Embedded, the server mounts it; `omotenashi actions` serves it alone. rasa-sdk's own server is not
used: it listens on all addresses, allows any origin and checks no secret.
"""

import asyncio
import hmac
import json
import logging
from typing import TYPE_CHECKING, Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from support.services import Services
from web.blueprint import Blueprint
from web.errors import ApiError

if TYPE_CHECKING:
    from rasa_sdk.executor import ActionExecutor

log = logging.getLogger(__name__)


def blueprint(services: Services, secret: str) -> Blueprint:
    """`POST /actions/webhook`, as Rasa calls it, for whoever knows the secret."""
    bp = Blueprint("actions", url_prefix="/actions")

    def load() -> "ActionExecutor":
        # rasa-sdk takes a second to load; the website and the desk answer before that.
        from rasa_sdk.executor import ActionExecutor

        import actions
        import actions.context

        actions.context.configure(services)
        made = ActionExecutor()
        made.register_package(actions)
        return made

    @bp.after_server_start
    async def begin(app: Sanic[Any, Any]) -> None:
        # Beside the first requests; a stop needn't wait for it.
        app.ctx.actions = asyncio.ensure_future(asyncio.to_thread(load))

    @bp.post("/webhook")
    async def run(request: Request) -> HTTPResponse:
        given = request.headers.get("authorization", "")
        wanted = f"Bearer {secret}".encode()
        if not hmac.compare_digest(given.encode(errors="replace"), wanted):
            # As if there were nothing here: only the brain has any business at this address.
            raise ApiError(404, "not_found", "there is nothing at this address")
        from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

        call: dict[str, Any] = {}
        try:
            call = json.loads(request.body)
            executor: ActionExecutor = await asyncio.shield(request.app.ctx.actions)
            result = await executor.run(call)
        except ActionExecutionRejection as rejection:
            # Rasa's own protocol for "this form doesn't want that message".
            body = {"error": str(rejection), "action_name": rejection.action_name}
            return json_response(body, status=400)
        except ActionNotFoundException as error:
            body = {"error": str(error), "action_name": error.action_name}
            return json_response(body, status=404)
        except Exception:
            log.exception("action %s failed", call.get("next_action"))
            raise
        return json_response(result.model_dump() if result else {})

    return bp
