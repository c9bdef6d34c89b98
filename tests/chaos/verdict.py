"""What must hold when the storm is over. Each function tells the breaches that it finds."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from support.store.schema import cases, conversations, messages, timers, transitions, turns
from support.values import State
from tests.chaos.people import Colleague, Customer

# Where the assistant may speak: it has the conversation, somebody waits, or the matter is closed.
BOTS = frozenset({State.BOT, State.QUEUED, State.RESOLVED})


def pending_turns(connection: Connection) -> int:
    found = connection.execute(select(turns.c.id).where(turns.c.state == "pending"))
    return len(found.all())


def apologies(connection: Connection) -> int:
    """Turns that ended without a brain."""
    found = connection.execute(select(turns.c.id).where(turns.c.outcome == "brain_down"))
    return len(found.all())


def acknowledged_once(
    connection: Connection, customers: Sequence[Customer], colleagues: Sequence[Colleague]
) -> Iterator[str]:
    """Every acknowledged message is stored exactly once, under the number that was told."""
    where: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in connection.execute(select(messages.c.author, messages.c.text, messages.c.seq)):
        where[row.author, row.text].append(row.seq)
    for author, people in (("customer", customers), ("agent", colleagues)):
        for person in people:
            for text, seq in person.acknowledged.items():
                if where[author, text] != [seq]:
                    yield f"{author} was told that {text!r} is {seq}; stored: {where[author, text]}"
        known = {text for person in people for text in person.acknowledged}
        for (by, text), seqs in where.items():
            if by == author and text in known and len(seqs) > 1:
                yield f"{author}'s {text!r} is there {len(seqs)} times"


def seen_as_stored(customer: Customer, transcript: Sequence[dict[str, object]]) -> Iterator[str]:
    """What the stream showed is the transcript, in its order, nothing twice."""
    shown = [(one["seq"], one["author"], one["text"]) for one in customer.seen]
    stored = [(one["seq"], one["author"], one["text"]) for one in transcript]
    if shown != stored:
        missing = [one for one in stored if one not in shown]
        twice = [one for one, number in Counter(shown).items() if number > 1]
        yield (
            f"visitor {customer.number} saw {len(shown)} of {len(stored)} messages; "
            f"missing {missing[:5]}, twice {twice[:5]}"
        )


def one_owner_at_a_time(connection: Connection) -> Iterator[str]:
    """Transitions follow each other without a gap, and nobody claims what a colleague has."""
    of: defaultdict[str, list[tuple[int, str, str, str]]] = defaultdict(list)
    for row in connection.execute(select(transitions).order_by(transitions.c.id)):
        of[row.conversation_id].append((row.epoch, row.from_state, row.to_state, row.actor))
    for row in connection.execute(select(conversations.c.id, conversations.c.state)):
        state, epoch = "bot", 1
        for new_epoch, before, after, actor in of[row.id]:
            if (before, new_epoch) != (state, epoch + 1):
                yield f"{row.id}: {state}/{epoch} was followed by {before}->{after}/{new_epoch}"
            if before == after == "assigned":
                yield f"{row.id}: {actor} took what somebody had"
            state, epoch = after, new_epoch
        if row.state != state:
            yield f"{row.id} is {row.state}, its history says {state}"


def the_bot_kept_to_its_turn(connection: Connection) -> Iterator[str]:
    """No answer of the assistant's in an epoch that wasn't its, nor after a later epoch's word."""
    states: dict[tuple[str, int], str] = {}
    for row in connection.execute(select(transitions)):
        states[row.conversation_id, row.epoch] = row.to_state
    newest: Counter[str] = Counter()
    query = (
        select(messages)
        .where(messages.c.author.in_(["bot", "agent"]))
        .order_by(messages.c.thread_id, messages.c.seq)
    )
    for row in connection.execute(query):
        state = states.get((row.conversation_id, row.epoch), "bot")
        if row.author == "bot" and State(state) not in BOTS:
            yield f"{row.conversation_id}: the bot said {row.text!r} while it was {state}"
        if row.author == "agent" and state != "assigned":
            yield f"{row.conversation_id}: an agent said {row.text!r} while it was {state}"
        if row.epoch < newest[row.conversation_id]:
            yield f"{row.conversation_id}: {row.text!r} of epoch {row.epoch} came too late"
        newest[row.conversation_id] = max(newest[row.conversation_id], row.epoch)


def every_turn_had_one_effect(connection: Connection) -> Iterator[str]:
    """Answers are numbered by the state that travels: 1, 2, 3; a complaint opens one case."""
    expected: Counter[str] = Counter()
    answered: set[str] = set()
    query = (
        select(messages)
        .where(messages.c.author == "bot", messages.c.kind == "article")
        .order_by(messages.c.thread_id, messages.c.seq)
    )
    for row in connection.execute(query):
        number, _, said = row.text.partition(": ")
        expected[row.conversation_id] += 1
        due = expected[row.conversation_id]
        if int(number) != due:
            yield f"{row.conversation_id}: answer {number} where {due} was due"
        answered.update(line for line in said.splitlines() if "complaint" in line)
    opened = Counter(connection.execute(select(cases.c.what)).scalars())
    for text in answered:
        if opened[text] != 1:
            yield f"{text!r} opened {opened[text]} cases"
    for text, number in opened.items():
        if text not in answered or number > 1:
            yield f"{number} cases for {text!r}, answered: {text in answered}"


def everything_was_answered(connection: Connection) -> Iterator[str]:
    """No customer's word stands before the assistant unheard."""
    query = (
        select(messages.c.text, conversations.c.id, conversations.c.state)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.author == "customer",
            messages.c.seq > conversations.c.handled_seq,
            conversations.c.state.in_(["bot", "queued"]),
        )
    )
    for row in connection.execute(query):
        yield f"{row.id} ({row.state}): nobody took care of {row.text!r}"


def timers_fired_once(connection: Connection, quiet: Sequence[str]) -> Iterator[str]:
    """Each of the quiet conversations was asked once whether anybody is still there."""
    warned = Counter(
        connection.execute(
            select(messages.c.conversation_id).where(messages.c.conversation_id.in_(quiet))
        ).scalars()
    )
    for id in quiet:
        if warned[id] != 1:
            yield f"the timer of {id} fired {warned[id]} times"
    query = select(timers.c.kind, timers.c.data).where(timers.c.fired_at.is_(None))
    for row in connection.execute(query):
        if row.data.get("failures"):
            yield f"a timer of kind {row.kind} failed {row.data['failures']} times"
