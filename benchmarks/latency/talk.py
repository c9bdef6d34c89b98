"""What is said to both assistants, and what counts as an answer."""

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["article", "order"]
KINDS: tuple[Kind, Kind] = ("article", "order")

# Everyday questions that one article each answers. Both assistants are asked in English: stock
# Rasa's tokenizer splits at blanks, of which Japanese has none.
_QUESTIONS = (
    "How much is shipping within Japan?",
    "What is your return policy?",
    "Which payment methods do you accept?",
    "When are you open?",
    "Can I wash the teapot in the dishwasher?",
    "How long does delivery take?",
    "Do my points expire?",
)
_ORDER = (
    "Where is my order {number}?",
    "What is the status of order {number}?",
    "Has my order {number} been sent?",
)


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


def turns(order: Order, conversation: int, last: int) -> list[Turn]:
    """Turns 3 to `last`: the two kinds take turns, every other conversation the other way round."""
    found = []
    for number in range(3, last + 1):
        kind = KINDS[(number + 1 + conversation) % 2]
        place = conversation + number // 2
        if kind == "article":
            text = _QUESTIONS[place % len(_QUESTIONS)]
        else:
            text = _ORDER[place % len(_ORDER)].format(number=order.number)
        found.append(Turn(number, kind, text))
    return found
