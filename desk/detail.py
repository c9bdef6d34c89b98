"""One conversation with everything an agent needs beside the words."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.shapes import case_shape, moment, plain, present_shape, summary_shape
from support import conversations
from support.attachments import records
from support.cases import cases
from support.customers import customer_notes, customer_view
from support.handover import presence, queue, summary
from support.learning import reviews
from support.playbook.playbook import Playbook
from support.privacy.masking import mask_secrets
from support.tasks import promises
from support.team import agents
from support.team.agents import Agent
from support.values import Conversation


def detail(
    connection: Connection,
    conversation: Conversation,
    agent: Agent,
    playbook: Playbook,
    now: datetime,
) -> dict[str, Any]:
    """All but the orders, which come from the shop's own system."""
    return {
        **_standing(connection, conversation, playbook, now),
        **_what_happened(connection, conversation, agent, playbook),
        **_whose(connection, conversation),
        **_owed(connection, conversation, now),
        "present": present_shape(
            presence.of(connection, [conversation.id], now).get(conversation.id, ())
        ),
        "reviews": [
            plain(review) for review in reviews.of_conversation(connection, conversation.id, agent)
        ],
    }


def _standing(
    connection: Connection, conversation: Conversation, playbook: Playbook, now: datetime
) -> dict[str, Any]:
    """What it is, who has it, and how long somebody waits."""
    newest = conversations.latest(connection, conversation.thread_id)
    return {
        "id": conversation.id,
        "number": conversation.number,
        "state": str(conversation.state),
        "epoch": conversation.epoch,
        "reason": conversation.reason,
        "lang": conversation.lang,
        "channel": conversation.channel,
        "anger": conversation.anger,
        "topic": conversation.topic,
        "agent": _holder(connection, conversation),
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
        "snoozed_until": moment(conversation.snoozed_until),
        "resolved_at": moment(conversation.resolved_at),
        "resolve_reason": customer_view.resolution(connection, conversation.id),
        "hint": conversation.hint,
        "labels": list(conversation.labels),
        "newest": newest is None or newest.id == conversation.id,
        "ticket": plain(customer_view.ticket(connection, conversation.id)),
        "queue": _place(connection, conversation, playbook, now),
        "target_s": playbook.escalation.waiting.answer_target_s,
    }


def _what_happened(
    connection: Connection, conversation: Conversation, agent: Agent, playbook: Playbook
) -> dict[str, Any]:
    """What was understood and done, and how far it was read."""
    names = {one.id: one.name for one in agents.everyone(connection)}
    thread = conversations.get_thread(connection, conversation.thread_id)
    summed_up = summary.for_agent(connection, conversation, agent.lang, playbook.hours.zone)
    return {
        "facts": conversation.facts,
        "verified_orders": list(conversation.verified_orders),
        "summary": summary_shape(summed_up),
        "events": [
            {**(plain(event) or {}), "actor": _actor(event["actor"], names)}
            for event in conversations.history(connection, conversation.id)
        ],
        "read_seq": thread.read_seq,
        "last_seq": thread.last_seq,
        "message_count": customer_view.message_count(connection, conversation.id),
        "feedback": plain(customer_view.rating(connection, conversation.id)),
    }


def _whose(connection: Connection, conversation: Conversation) -> dict[str, Any]:
    """The customer, and what there was with them before."""
    visit = customer_view.visit(connection, conversation.thread_id)
    return {
        "customer": plain(customer_view.customer(connection, conversation)),
        "contact": visit["contact"],
        "channels": customer_view.channels(connection, conversation),
        "notes": customer_notes.of_conversation(connection, conversation),
        "ratings": [plain(one) for one in customer_view.ratings(connection, conversation)],
        "page": visit["page"],
        "since": visit["since"].isoformat(),
        "seen_at": visit["seen_at"].isoformat(),
        "earlier": [plain(one) for one in customer_view.earlier(connection, conversation)],
    }


def _owed(connection: Connection, conversation: Conversation, now: datetime) -> dict[str, Any]:
    """Cases, and what was promised."""
    return {
        "cases": _cases(connection, conversation),
        "promises": [
            {
                **(plain(promise) or {}),
                "what": mask_secrets(promise["what"]),
                "overdue": promise["kept_at"] is None and promise["due_at"] < now,
            }
            for promise in promises.of_conversation(connection, conversation.id)
        ],
    }


def _cases(connection: Connection, conversation: Conversation) -> list[dict[str, Any]]:
    found = cases.of_conversation(connection, conversation.id)
    files = records.of_cases(connection, [case.number for case in found]) if found else {}
    return [case_shape(case, files.get(case.number, ())) for case in found]


def _holder(connection: Connection, conversation: Conversation) -> dict[str, Any] | None:
    if conversation.agent_id is None:
        return None
    return {
        "id": conversation.agent_id,
        "name": agents.get(connection, conversation.agent_id).name,
    }


def _actor(actor: str, names: dict[int, str]) -> dict[str, Any]:
    """`agent:7` with a name; customer, bot and system as they are."""
    kind, _, number = actor.partition(":")
    shape: dict[str, Any] = {"kind": kind}
    if number.isdigit():
        shape |= {"id": int(number), "name": names.get(int(number))}
    return shape


def _place(
    connection: Connection, conversation: Conversation, playbook: Playbook, now: datetime
) -> dict[str, Any] | None:
    place = queue.place_of(connection, conversation.id, playbook, now)
    if place is None:
        return None
    return {
        "position": place.position,
        "told": [place.told.low_s, place.told.high_s],
        "staffed": place.staffed,
    }
