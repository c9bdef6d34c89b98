"""What is said to both assistants, and what counts as an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["article", "order"]
KINDS: tuple[Kind, Kind] = ("article", "order")

# Everyday questions. Both assistants are asked in English: stock Rasa's tokenizer splits at blanks,
# of which Japanese has none.
QUESTIONS: Mapping[Kind, Sequence[str]] = {
    "article": (
        "How much is shipping within Japan?",
        "What is your return policy?",
        "Which payment methods do you accept?",
        "When are you open?",
        "Can I wash the teapot in the dishwasher?",
        "How long does delivery take?",
        "Do my points expire?",
    ),
    "order": (
        "Where is my order {number}?",
        "Has my order {number} been sent?",
        "When will my order {number} arrive?",
        "Track my order {number}",
        "What is the status of order {number}?",
    ),
}


LEAST = 2


@dataclass(frozen=True)
class Order:
    """An order of the demonstration shop, and what proves that it is the customer's."""

    number: str
    email: str


@dataclass(frozen=True)
class Answer:
    """`ms` from sending the message to having the answer; `kind` of the first message in it."""

    ms: float
    kind: str
    text: str


class Conversation(Protocol):
    """One customer's, from the first turn on."""

    async def prove(self) -> None:
        """Turns 1 and 2: whose order it is."""
        ...

    async def ask(self, text: str) -> Answer: ...

    async def end(self) -> None: ...


class Assistant(Protocol):
    """Running, and ready to talk."""

    name: str

    async def begin(self, order: Order) -> Conversation: ...

    def processor_s(self) -> float:
        """Seconds of processor time that its processes have used so far."""
        ...


@dataclass(frozen=True)
class Turn:
    """One turn of the plan: the text, and the kind of its answer."""

    number: int
    kind: Kind
    text: str


def turns(
    questions: Mapping[Kind, Sequence[str]], order: Order, conversation: int, last: int
) -> list[Turn]:
    """Turns 3 to `last`: the two kinds take turns, every other conversation the other way round."""
    found = []
    for number in range(3, last + 1):
        kind = KINDS[(number + 1 + conversation) % 2]
        texts = questions[kind]
        text = texts[(conversation + number // 2) % len(texts)].format(number=order.number)
        found.append(Turn(number, kind, text))
    return found


async def understood_by_both(
    assistants: Sequence[Assistant], order: Order
) -> Mapping[Kind, Sequence[str]]:
    """The questions that all answer as they should; asking them is also everybody's warming up.

    Others are left out, and that is printed: a failure is no answer whose time could be compared.
    Raises AssertionError if fewer than LEAST of a kind are left.
    """
    talks = [(each.name, await each.begin(order)) for each in assistants]
    for _, conversation in talks:
        await conversation.prove()
    kept: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for text in QUESTIONS[kind]:
            said = text.format(number=order.number)
            kinds = {name: (await conversation.ask(said)).kind for name, conversation in talks}
            wrong = [f"{name} by {found}" for name, found in kinds.items() if found != kind]
            if wrong:
                print(f"left out: {text!r} is answered {', '.join(wrong)}, not by {kind}")
            else:
                kept[kind].append(text)
    for _, conversation in talks:
        await conversation.end()
    assert all(len(texts) >= LEAST for texts in kept.values()), f"too few questions: {kept}"
    return kept


def check(name: str, turn: Turn, answer: Answer) -> None:
    """Raises AssertionError if it is no answer of the right kind."""
    assert answer.kind == turn.kind, (
        f"{name}, turn {turn.number}: {turn.text!r} should be answered by {turn.kind},"
        f" but was by {answer.kind}: {answer.text!r}"
    )
