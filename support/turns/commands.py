"""What the assistant wants done, applied in the turn's transaction, each once.

Actions only read; every effect arrives here as a command and is keyed by (turn, ordinal), so that
a repeated turn makes nothing twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from support import conversations, words
from support.attachments import records
from support.cases import cases
from support.customers import visitors
from support.handover import handoff, telling
from support.learning import missed_questions
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import effects, lookup_failures
from support.tasks import promises, tasks
from support.values import Conversation, State, Thread

REASONS = frozenset({"asked", "angry", "stuck", "delicate", "complaint", "security"})
# These change who owns the conversation: done after the assistant's own words are stored.
# In a reply to somebody who waits: where they stand.
STANDING = "{standing}"
CLOSING_COMMANDS = frozenset({"handover", "ticket", "close"})


class Effects:
    """The commands of one turn. `values` are the texts that placeholders stand for."""

    def __init__(
        self,
        tx: Transaction,
        turn_id: str,
        thread: Thread,
        conversation: Conversation,
        playbook: Playbook,
        now: datetime,
    ) -> None:
        self._tx = tx
        self._turn_id = turn_id
        self._thread = thread
        self.conversation = conversation
        self._playbook = playbook
        self._now = now
        self.values: dict[str, str] = {}

    def apply(self, commands: Sequence[dict[str, Any]], *, closing: bool) -> None:
        """Apply those commands that come before (`closing` false) or after the replies."""
        for ordinal, command in enumerate(commands):
            kind = str(command.get("type"))
            if (kind in CLOSING_COMMANDS) is not closing or self._done(ordinal):
                continue
            result = self._apply(kind, command)
            self._tx.execute(
                insert(effects).values(
                    turn_id=self._turn_id, ordinal=ordinal, kind=kind, result=result
                )
            )

    def filled(self, text: str) -> str:
        """`text` with its placeholders filled; any other brace stays as it is."""
        if STANDING in text:
            told = telling.standing(
                self._tx.connection, self.conversation, self._playbook, self._now
            )
            text = text.replace(STANDING, told).rstrip()
        for name, value in self.values.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _done(self, ordinal: int) -> bool:
        row = self._tx.execute(
            select(effects.c.result).where(
                effects.c.turn_id == self._turn_id, effects.c.ordinal == ordinal
            )
        ).first()
        if row is not None:
            self.values |= row.result
        return row is not None

    def _apply(self, kind: str, command: dict[str, Any]) -> dict[str, str]:
        match kind:
            case "open_case":
                return self._open_case(command)
            case "amend_case":
                what = str(command.get("what") or "")
                cases.amend(self._tx, self.conversation, what, self._now)
            case "facts":
                self._know(dict(command.get("facts") or {}))
            case "order_shown":
                self._verified(str(command["order_number"]))
            case "lookup_failed":
                self._tx.execute(
                    insert(lookup_failures).values(
                        thread_id=self._thread.id,
                        order_number=str(command.get("order_number"))[:64],
                        at=self._now,
                    )
                )
            case "promise":
                return self._promise(command)
            case "card":
                self._card()
            case "missed_question":
                text, lang = str(command.get("text") or ""), self.conversation.lang
                missed_questions.ask(
                    self._tx, self.conversation.id, text, lang, command.get("topic"), self._now
                )
            case "contact":
                self._keep_contact(str(command["email"])[:254])
            case "handover":
                self._hand_over(command)
            case "ticket":
                self._ticket(str(command.get("action")))
            case "close":
                self._close()
            case _:
                raise ValueError(f"no command is called {kind!r}")
        return {}

    def _open_case(self, command: dict[str, Any]) -> dict[str, str]:
        case = cases.open_case(
            self._tx, self.conversation, command, self._playbook.shop.case_prefix, self._now
        )
        records.join_case(self._tx, self.conversation, case.number)
        self.values["case_number"] = case.number
        return {"case_number": case.number}

    def _promise(self, command: dict[str, Any]) -> dict[str, str]:
        hours = command.get("due_hours")
        due = promises.due(self._playbook, self._now, float(hours) if hours is not None else None)
        promises.make(
            self._tx, self.conversation.id, str(command.get("what") or ""), due, "bot", self._now
        )
        said = words.moment(due, self._now, self._playbook.hours.zone, self.conversation.lang)
        self.values["due"] = said
        return {"due": said}

    def _card(self) -> None:
        """After a bereavement somebody writes a card: a task for a person, once."""
        known = tasks.of_conversation(self._tx.connection, self.conversation.id, "card")
        if not known:
            due = promises.due(self._playbook, self._now)
            what = "a card after a bereavement"
            tasks.make(self._tx, self.conversation.id, "card", what, due, "bot", self._now)

    def _keep_contact(self, email: str) -> None:
        visitors.keep_contact(self._tx, self._thread, email)
        # A handover in the same turn needn't ask for it.
        self._thread = replace(self._thread, contact=email)

    def _know(self, facts: dict[str, Any]) -> None:
        known = {**self.conversation.facts, **{k: v for k, v in facts.items() if v}}
        self.conversation = conversations.note(self._tx, self.conversation, facts=known)

    def _verified(self, number: str) -> None:
        if number not in self.conversation.verified_orders:
            self.conversation = conversations.note(
                self._tx,
                self.conversation,
                verified_orders=[*self.conversation.verified_orders, number],
            )
        self._know({"order_number": number})

    def _hand_over(self, command: dict[str, Any]) -> None:
        reason = str(command.get("reason"))
        self.conversation = handoff.hand_over(
            self._tx,
            self._thread,
            self.conversation,
            reason=reason if reason in REASONS else "asked",
            note=dict(command.get("note") or {}),
            actor="bot",
            playbook=self._playbook,
            now=self._now,
        )

    def _ticket(self, action: str) -> None:
        if self.conversation.state is State.QUEUED and action in ("wait", "message", "cancel"):
            self.conversation = handoff.choose(
                self._tx,
                self._thread,
                self.conversation,
                action,
                playbook=self._playbook,
                now=self._now,
            )

    def _close(self) -> None:
        if self.conversation.state is State.BOT:
            self.conversation = handoff.resolve(
                self._tx,
                self.conversation,
                actor="customer",
                why="answered",
                agent_id=None,
                playbook=self._playbook,
                now=self._now,
            )
