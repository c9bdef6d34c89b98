"""What an action says and asks for, gathered and given back to Rasa in one piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Turn

LISTEN = "action_listen"


def placeholder(name: str) -> str:
    """A value that the server fills in when it applies the turn's commands."""
    return f"{{{name}}}"


class Voice:
    """Says responses of domain.yml and notes commands, slots and the question left open.

    `{case_number}`, `{due}` and `{standing}` in a response stay as they are for the server to fill
    in, unless a value is given.
    """

    def __init__(self, dispatcher: CollectingDispatcher) -> None:
        self._dispatcher = dispatcher
        self._commands: list[dict[str, Any]] = []
        self._slots: dict[str, Any] = {}
        self._question: tuple[str, str] | None = None
        self._left = False
        self._next: str | None = None
        self._misunderstood = 0
        self._articles: set[str] = set()
        self.expecting: str | None = None
        """What a bare yes or no would be about, for the next turn."""

    def say(
        self,
        response: str,
        values: Mapping[str, str] | None = None,
        *,
        kind: str | None = None,
        data: Mapping[str, Any] | None = None,
        buttons: Sequence[Mapping[str, str]] = (),
        **more: str,
    ) -> None:
        """Say `response` with `values` and `more` filled in; `kind` and `data` make it a card."""
        filled = {
            "case_number": placeholder("case_number"),
            "due": placeholder("due"),
            "standing": placeholder("standing"),
            **(values or {}),
            **more,
        }
        rich = {"kind": kind, "data": dict(data or {})} if kind else None
        if kind == "article" and data:
            self._articles.add(str(data["id"]))
        self._dispatcher.utter_message(
            response=response,
            json_message=rich,
            buttons=[dict(button) for button in buttons],
            **filled,
        )

    def note(self, response: str, **values: str) -> None:
        """Say to somebody who waits that what they wrote reaches whoever answers them: no answer
        of ours, so it may be said however unsure the reading is."""
        self.say(response, values, kind="text", data={"noted": True})

    def command(self, type: str, **fields: Any) -> None:
        """Ask the server for an effect; fields that are None are left out."""
        if type == "facts" and not fields.get("facts"):
            return
        if type == "open_case" and fields.get("kind") != "idea":
            self.remember(request_open=fields.get("kind"))
        known = {name: value for name, value in fields.items() if value is not None}
        self._commands.append({"type": type, **known})

    def remember(self, **slots: Any) -> None:
        self._slots.update(slots)

    def remembered(self, turn: Turn, slot: str) -> Any:
        """What a slot will hold after this, as far as it is said by now."""
        return self._slots.get(slot, turn.slots.get(slot))

    @property
    def handed_over(self) -> bool:
        """Whether a person takes over after this."""
        return any(command["type"] == "handover" for command in self._commands)

    @property
    def speaks_next(self) -> str | None:
        """The action that speaks next in this turn."""
        return self._next

    def has_shown(self, article: str) -> bool:
        """Whether this article is part of what is said."""
        return article in self._articles

    def leaves_open(self, turn: Turn) -> bool:
        """Whether a question of ours waits for its answer after this."""
        resumes = turn.form is not None and not self._left
        return self._question is not None or resumes or self.expecting in ("article", "wish")

    def ask(self, form: str, slot: str) -> None:
        """Leave the question for `slot` open: the next message belongs to `form`."""
        self._question = (form, slot)

    def finish(self) -> None:
        """The task is done or given up: no form goes on."""
        self._left = True

    def follow_with(self, action: str) -> None:
        """Let `action` speak next, in this same turn."""
        self._next = action

    def count_misunderstanding(self, turn: Turn) -> int:
        """One more message in a row that was not understood; returns how many."""
        self._misunderstood = turn.misunderstood + 1
        return self._misunderstood

    def keep_count(self, turn: Turn) -> None:
        """Neither understood nor misunderstood: leave the count as it is."""
        self._misunderstood = turn.misunderstood

    def events(self, turn: Turn) -> list[EventType]:
        """Everything gathered, as the events of an action."""
        if self._commands:
            self._dispatcher.utter_message(json_message={"commands": self._commands})
        self.remember(expecting=self.expecting, misunderstood=float(self._misunderstood))
        if not turn.slots.get("greeted"):
            # Who has been answered is not introduced to the assistant any more.
            self.remember(greeted=True)
        events: list[EventType] = []
        if self._question is not None:
            form, slot = self._question
            if form != turn.form:
                events.append(ActiveLoop(form))
            self.remember(requested_slot=slot)
        elif self._left:
            if turn.form is not None:
                events.append(ActiveLoop(None))
            self.remember(requested_slot=None)
        events += [SlotSet(name, value) for name, value in self._slots.items()]
        resumes = turn.form is not None and self._question is None and not self._left
        if self._next is not None:
            events.append(FollowupAction(self._next))
        elif not resumes:
            # Spares Rasa a round of predicting that there is nothing more to do.
            events.append(FollowupAction(LISTEN))
        return events
