"""The judges of the storm find what they are there to find."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update

from omotenashi.parts import PLAYBOOK
from support import conversations, inbox
from support.customers import visitors
from support.handover import handoff
from support.messages import Draft, append
from support.playbook.playbook import load_playbook
from support.store import Database, Transaction
from support.store.schema import cases, messages, transitions
from support.store.schema import conversations as conversations_table
from support.team import agents
from support.values import Author, State
from tests.chaos import verdict
from tests.chaos.people import Board, Colleague, Customer
from tests.harness import OPEN_TIME


@dataclass
class Talk:
    """A conversation in which all is well: a question, an answer, an agent's words."""

    db: Database
    customer: Customer
    colleague: Colleague
    conversation_id: str
    found: list[str] = field(default_factory=list)

    def breaches(self) -> list[str]:
        def judge(c: Connection) -> list[str]:
            return [
                *verdict.acknowledged_once(c, [self.customer], [self.colleague]),
                *verdict.one_owner_at_a_time(c),
                *verdict.the_bot_kept_to_its_turn(c),
                *verdict.every_turn_had_one_effect(c),
                *verdict.everything_was_answered(c),
            ]

        return self.db.read(judge)


@pytest.fixture
def talk(tmp_path: Path, sqlite_template: Path) -> Any:
    import random
    import shutil

    shutil.copy(sqlite_template, tmp_path / "talk.sqlite3")
    db = Database(f"sqlite:///{tmp_path / 'talk.sqlite3'}")
    playbook = load_playbook(PLAYBOOK)
    board = Board([])
    customer = Customer(1, board, random.Random(1))
    colleague = Colleague(1, board, random.Random(1))

    def begin(tx: Transaction) -> str:
        thread, conversation = visitors.arrive(
            tx, channel="website", now=OPEN_TIME, playbook=playbook
        )
        agent = agents.add(
            tx, email="a@example.com", name="A", role="agent", password="long enough 1",
            now=OPEN_TIME,
        )  # fmt: skip
        said = inbox.accept_text(tx, thread.id, "complaint 1.1", "one", OPEN_TIME)
        customer.acknowledged["complaint 1.1"] = said.seq
        append(tx, conversation, Draft(Author.BOT, "1: complaint 1.1", "article"), OPEN_TIME)
        tx.execute(
            insert(cases).values(
                number="C1", kind="complaint", state="open", thread_id=thread.id,
                conversation_id=conversation.id, what="complaint 1.1", opened_at=OPEN_TIME,
                updated_at=OPEN_TIME,
            )
        )  # fmt: skip
        conversations.note(tx, conversation, handled_seq=said.seq)
        held = handoff.claim(tx, conversation.id, agent, playbook, OPEN_TIME)
        word = append(tx, held, Draft(Author.AGENT, "answer 1.1", agent_id=agent.id), OPEN_TIME)
        colleague.acknowledged["answer 1.1"] = word.seq
        return conversation.id

    yield Talk(db, customer, colleague, db.write(begin))
    db.close()


def test_a_good_conversation_has_none(talk: Talk) -> None:
    assert talk.breaches() == []


def lost(tx: Transaction, id: str) -> None:
    tx.execute(delete(messages).where(messages.c.author == "customer"))


def moved(tx: Transaction, id: str) -> None:
    tx.execute(update(messages).where(messages.c.author == "agent").values(seq=99))


def doubled(tx: Transaction, id: str) -> None:
    conversation = conversations.get(tx.connection, id)
    append(tx, conversation, Draft(Author.CUSTOMER, "complaint 1.1"), OPEN_TIME)


def interrupted(tx: Transaction, id: str) -> None:
    conversation = conversations.get(tx.connection, id)
    append(tx, conversation, Draft(Author.BOT, "2: late", "article"), OPEN_TIME)


def answered_twice(tx: Transaction, id: str) -> None:
    tx.execute(update(messages).where(messages.c.author == "bot").values(text="2: complaint 1.1"))


def case_twice(tx: Transaction, id: str) -> None:
    tx.execute(
        insert(cases).from_select(
            [column.name for column in cases.c],
            cases.select().with_only_columns(
                *(cases.c.number + "b" if c.name == "number" else c for c in cases.c)
            ),
        )
    )


def two_owners(tx: Transaction, id: str) -> None:
    conversation = conversations.get(tx.connection, id)
    conversations.move(
        tx, conversation, State.ASSIGNED, actor="agent:2", why="", now=OPEN_TIME,
        agent_id=conversation.agent_id,
    )  # fmt: skip


def without_history(tx: Transaction, id: str) -> None:
    tx.execute(delete(transitions))


def unheard(tx: Transaction, id: str) -> None:
    conversation = conversations.get(tx.connection, id)
    conversations.move(tx, conversation, State.BOT, actor="agent:1", why="", now=OPEN_TIME)
    tx.execute(update(conversations_table).values(handled_seq=0))


@pytest.mark.parametrize(
    "harm",
    [lost, moved, doubled, interrupted, answered_twice, case_twice, two_owners, without_history,
     unheard],
)  # fmt: skip
def test_harm_is_found(talk: Talk, harm: Callable[[Transaction, str], None]) -> None:
    talk.db.write(lambda tx: harm(tx, talk.conversation_id))
    assert talk.breaches() != []


def test_a_gap_a_repetition_and_a_wrong_order_on_the_screen_are_found(talk: Talk) -> None:
    transcript = [{"seq": n, "author": "bot", "text": str(n)} for n in (1, 2, 3)]
    one, two, three = transcript
    for seen, well in (
        ([one, two, three], True),
        ([one, three], False),
        ([one, two, two, three], False),
        ([two, one, three], False),
    ):
        talk.customer.seen = list(seen)
        assert (list(verdict.seen_as_stored(talk.customer, transcript)) == []) is well
