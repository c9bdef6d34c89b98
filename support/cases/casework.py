"""Cases worked at the desk: taken up, done, taken up again; and the customer told each time."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from support import conversations
from support.cases import cases
from support.cases.cases import Case
from support.outreach import outreach
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import agents, case_steps
from support.team.agents import Agent
from support.timers import cancel_timer, set_timer

FOLLOWUP_TIMER = "followup"
# These are no fix that one could be content with.
NOT_FOLLOWED_UP = frozenset({"idea", "privacy"})


class NoSuchCase(LookupError):
    """No case has this number. Shown as 404."""


class NothingSaid(ValueError):
    """A case can't be said to be done without saying what was done. Shown as 422."""


def work(
    tx: Transaction,
    number: str,
    agent: Agent,
    state: str,
    note: str | None,
    playbook: Playbook,
    now: datetime,
) -> Case:
    """Bring a case to `state` and tell the customer, in the agent's words where there is a `note`.

    The same state without a note changes nothing. Raises NoSuchCase, NothingSaid.
    """
    known = cases.by_number(tx.connection, number)
    if known is None:
        raise NoSuchCase(f"no case {number}")
    thread, conversation = conversations.lock(tx, known.conversation_id)
    case = cases.by_number(tx.connection, number)
    if case is None:
        raise NoSuchCase(f"no case {number}")
    if case.state == state and note is None:
        return case
    if state == "done" and note is None:
        raise NothingSaid("say what was done: the customer reads it")
    cases.set_state(tx, number, state, now)
    step(tx, number, f"agent:{agent.id}", state, note, now)
    said = playbook.contact.texts
    words = {"open": said.case_open, "in_progress": said.case_in_progress, "done": said.case_done}
    lang = case.lang or conversation.lang
    text = words[state].in_lang(lang).format(number=number)
    if note is not None:
        text = f"{text}\n{note}"
    data = {"number": number, "kind": case.kind, "state": state}
    outreach.tell(tx, thread, conversation, text, playbook, now, kind="case", data=data)
    cancel_timer(tx, FOLLOWUP_TIMER, number)
    if state == "done" and case.kind not in NOT_FOLLOWED_UP:
        due = now + timedelta(hours=playbook.contact.followup_after_hours)
        set_timer(tx, FOLLOWUP_TIMER, number, playbook.hours.next_opening(due) or due, now)
    return cases.by_number(tx.connection, number) or case


def step(
    tx: Transaction, number: str, actor: str, state: str, note: str | None, now: datetime
) -> None:
    tx.execute(
        insert(case_steps).values(number=number, at=now, actor=actor, state=state, note=note)
    )


def steps(connection: Connection, number: str) -> list[dict[str, object]]:
    """What was done so far, oldest first: at, state, note, and by whom."""
    rows = connection.execute(
        select(case_steps).where(case_steps.c.number == number).order_by(case_steps.c.id)
    ).all()
    if not rows:
        return []
    names = {
        f"agent:{agent.id}": agent.name
        for agent in connection.execute(select(agents.c.id, agents.c.name))
    }
    return [
        {
            "at": row.at,
            "state": row.state,
            "note": row.note,
            "by": names.get(row.actor, row.actor),
        }
        for row in rows
    ]
