"""What became of something that was asked for: a case, or the money of an order."""

from __future__ import annotations

from actions.cases import case_status
from actions.refunds import asks_where_it_is, refund_status
from actions.reply import Reply
from actions.turn import Step, Turn
from actions.voice import Voice

_BEGINS = frozenset({"cancel_order", "return_order"})


class ActionCaseStatus(Reply):
    def name(self) -> str:
        return "action_case_status"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        asks = asks_where_it_is(turn) and "case_number" not in turn.entities
        if asks and turn.also is not None and turn.also[0] in _BEGINS:
            # "Cancel it, and when do I get my money?": what is to be done comes first.
            voice.follow_with(f"action_{turn.also[0]}")
        elif asks:
            await refund_status(turn, voice, Step.START)
        else:
            await case_status(turn, voice)
