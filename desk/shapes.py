"""What agents are shown, field by field.

Card numbers and passwords are never shown. Other personal data in messages is shown while the
matter is open, to whoever has to deal with it, and masked once it is resolved.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from support.attachments.records import Attachment
from support.cases.cases import Case
from support.handover.presence import Present
from support.handover.summary import SummaryLine
from support.orders import Order, carrier_name, payment_name
from support.privacy.masking import mask, mask_secrets
from support.team.agents import Agent
from support.values import Author, Conversation, Message, State

ATTACHMENTS = "/api/v1/desk/attachments"
_TOP_INTENTS = 3


def agent_shape(agent: Agent) -> dict[str, Any]:
    return {
        "id": agent.id,
        "name": agent.name,
        "email": agent.email,
        "role": agent.role,
        "lang": agent.lang,
        "status": agent.status,
        **abilities_shape(agent),
    }


def abilities_shape(agent: Agent) -> dict[str, Any]:
    return {
        "skills": list(agent.skills),
        "langs": list(agent.langs),
        "team": agent.team,
        "capacity": agent.capacity,
    }


def colleague_shape(agent: Agent, online: bool) -> dict[str, Any]:
    return {
        "id": agent.id,
        "name": agent.name,
        "role": agent.role,
        "status": agent.status,
        "online": online,
        **abilities_shape(agent),
    }


def present_shape(present: Sequence[Present]) -> list[dict[str, Any]]:
    """Colleagues at a conversation. `seconds`: how long this holds without another word."""
    return [
        {"id": one.agent_id, "name": one.name, "doing": one.doing, "seconds": one.seconds}
        for one in present
    ]


def reader_for(conversation: Conversation) -> Callable[[str], str]:
    """How much of a text may be read in this conversation now."""
    return mask if conversation.state is State.RESOLVED else mask_secrets


def message_shape(
    message: Message, readable: Callable[[str], str], deliveries: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "seq": message.seq,
        "id": message.id,
        "author": str(message.author),
        "kind": message.kind,
        "text": readable(message.text),
        "private": message.private,
        "channel": message.channel,
        "created_at": message.created_at.isoformat(),
    }
    if message.buttons:
        shape["buttons"] = [button.title for button in message.buttons]
    if attached := message.data.get("attachments"):
        shape["attachments"] = [attachment_shape(one, readable) for one in attached]
    if message.author is Author.AGENT:
        shape["agent"] = {"id": message.agent_id, "name": message.agent_name}
    if message.author in (Author.BOT, Author.SYSTEM) and message.data:
        shape["data"] = message.data
    if message.author is Author.CUSTOMER and "edits" in message.data:
        shape["edits"] = message.data["edits"]
    if message.reading:
        shape["reading"] = _reading_shape(message.reading, readable)
    if deliveries:
        shape["deliveries"] = list(deliveries)
    return shape


def attachment_shape(data: dict[str, Any], readable: Callable[[str], str]) -> dict[str, Any]:
    """A file and where it is fetched; its name may tell as much as a text."""
    return {**data, "name": readable(data["name"]), "url": f"{ATTACHMENTS}/{data['id']}"}


def _reading_shape(reading: dict[str, Any], readable: Callable[[str], str]) -> dict[str, Any]:
    return {
        "intent": reading.get("intent"),
        "confidence": reading.get("confidence"),
        "language": reading.get("language"),
        "anger": reading.get("anger"),
        "ranking": list(reading.get("ranking") or ())[:_TOP_INTENTS],
        "entities": [
            {"entity": str(one.get("entity")), "value": readable(str(one.get("value")))}
            for one in reading.get("entities") or ()
        ],
    }


def summary_shape(lines: Sequence[SummaryLine]) -> list[dict[str, Any]]:
    return [
        {"line": line.line, "label": line.label, "text": line.text, "seq": line.seq}
        for line in lines
    ]


def case_shape(case: Case, files: Sequence[Attachment]) -> dict[str, Any]:
    return {
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "order_number": case.order_number,
        "item": case.item,
        "fault": case.fault,
        "wish": case.wish,
        "what": mask_secrets(case.what) if case.what else None,
        "attachments": [attachment_shape(file.as_data(), mask_secrets) for file in files],
        "opened_at": case.opened_at.isoformat(),
        "updated_at": case.updated_at.isoformat(),
        "feeling": case.feeling,
    }


def order_shape(order: Order, lang: str, today: date) -> dict[str, Any]:
    """An order without its buyer's e-mail address and postcode."""
    return {
        "number": order.number,
        "state": str(order.state),
        "name": order.name,
        "country": order.country,
        "placed_at": order.placed_at.isoformat(),
        "shipped_at": moment(order.shipped_at),
        "expected_on": order.expected_on.isoformat() if order.expected_on else None,
        "delivered_at": moment(order.delivered_at),
        "days_late": order.days_late(today),
        "carrier": carrier_name(order.carrier, lang) if order.carrier else None,
        "tracking_number": order.tracking_number,
        "tracking_url": order.tracking_url,
        "payment": payment_name(order.payment, lang) if order.payment else None,
        "total": order.total,
        "items": [
            {
                "sku": item.sku,
                "name": item.name(lang),
                "quantity": item.quantity,
                "price": item.price,
            }
            for item in order.items
        ],
    }


def moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def plain(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """Moments as text; everything else as it is."""
    if values is None:
        return None
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}
