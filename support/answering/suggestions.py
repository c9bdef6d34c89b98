"""What an agent may answer: articles near the customer's question, and vetted replies that suit.

Both are given in the customer's language, to be sent, and in the agent's, to be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from support import messages as thread_messages
from support.handover.summary import SMALL_TALK
from support.knowledge import KnowledgeHolder
from support.playbook.playbook import CannedReply, Playbook
from support.values import Author, Conversation, Message

MOST_ARTICLES = 3
MOST_REPLIES = 4
# Below this an article has hardly a word in common with the question.
LEAST_SCORE = 0.05
_READ = 500


@dataclass(frozen=True)
class SuggestedArticle:
    """`passage` and `title` in the customer's language, `own_*` in the agent's where it differs
    and there is one. `score`: how likely it answers, 0-1."""

    id: str
    lang: str
    title: str
    passage: str
    url: str
    score: float
    own_title: str | None = None
    own_passage: str | None = None


def question_of(connection: Connection, conversation: Conversation) -> Message | None:
    """What the customer asked last: their newest message with a matter, else their newest."""
    theirs = [
        message
        for message in thread_messages.of_thread(
            connection,
            conversation.thread_id,
            conversation_id=conversation.id,
            limit=_READ,
            newest=True,
        )
        if message.author is Author.CUSTOMER and message.kind == "text" and message.text.strip()
    ]
    with_matter = [m for m in theirs if (m.reading or {}).get("intent") not in SMALL_TALK]
    # What was written to a person hasn't been read by the assistant, and counts as a matter.
    fitting = with_matter or theirs
    return fitting[-1] if fitting else None


def articles_for(
    knowledge: KnowledgeHolder, question: str, lang: str | None, agent_lang: str
) -> list[SuggestedArticle]:
    """Blocks while it searches; nothing while the articles' index is still being made."""
    if not knowledge.current.ready:
        return []
    found = knowledge.search(question, lang=lang, top=MOST_ARTICLES)
    suggested = []
    for hit in found.hits:
        if hit.score < LEAST_SCORE:
            continue
        own = knowledge.article(hit.id, agent_lang) if agent_lang != hit.lang else None
        suggested.append(
            SuggestedArticle(
                id=hit.id,
                lang=hit.lang,
                title=hit.title,
                passage=hit.answer,
                url=hit.url,
                score=round(hit.score, 2),
                own_title=own.title if own else None,
                own_passage=own.answer if own else None,
            )
        )
    return suggested


def replies_for(
    playbook: Playbook, conversation: Conversation, question: Message | None
) -> list[CannedReply]:
    """Vetted replies made for this matter: those that suit most of what is known come first."""
    reading = (question.reading or {}) if question else {}
    matter = {conversation.topic, conversation.reason, reading.get("intent")}
    # What is wrong and what is wished for says more than that it is a complaint.
    facts = {value for value in conversation.facts.values() if isinstance(value, str)}
    suiting = [
        (len(matter.intersection(one.suits)) + 2 * len(facts.intersection(one.suits)), one)
        for one in playbook.canned.replies
    ]
    return _best([(number, one) for number, one in suiting if number])


def _best(ranked: Sequence[tuple[int, CannedReply]]) -> list[CannedReply]:
    best = sorted(ranked, key=lambda pair: -pair[0])
    return [one for _, one in best[:MOST_REPLIES]]
