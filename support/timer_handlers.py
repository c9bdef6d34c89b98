"""What happens by itself as time passes: the handlers of all timers, each from its own room."""

from collections.abc import Mapping
from datetime import datetime

from support.answering import abuse
from support.handover import idle, silence, snoozing, telling, vanished
from support.outreach import aftercare, unread
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.tasks import callback_timers
from support.timers import Handler, set_timer


def handlers(playbook: Playbook, *, mail: bool) -> Mapping[str, Handler]:
    """`mail`: whether e-mail can be sent at all."""
    return {
        **callback_timers.handlers(playbook),
        **aftercare.handlers(playbook),
        **silence.handlers(playbook),
        **snoozing.handlers(playbook),
        **vanished.handlers(playbook),
        **idle.handlers(playbook),
        **telling.handlers(playbook),
        **unread.handlers(mail=mail),
        abuse.BREAK_TIMER: abuse.break_over,
    }


def start_recurring(tx: Transaction, now: datetime) -> None:
    set_timer(tx, vanished.TIMER, "", now + vanished.EVERY, now)
    set_timer(tx, silence.SWEEP_TIMER, "", now + silence.EVERY, now)
