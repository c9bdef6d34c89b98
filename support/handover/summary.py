"""What an agent should know before the first word: a summary of at most 60 words.

Made when it is read, so that it is in the reader's language. Every line opens the message it was
taken from. The customer sees the lines that are theirs to correct.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

from sqlalchemy import Connection, select

from support import messages as thread_messages
from support.attachments.records import KIND
from support.cases.cases import Case, of_conversation
from support.orders.items import item_name
from support.privacy.masking import mask
from support.store.schema import tasks, tickets
from support.values import Author, Conversation, Message

Line = Literal["wish", "facts", "tried", "mood", "left", "promise", "next"]
MOST_WORDS = 60
WISH_WORDS = 18
REASON_WORDS = 12
_QUOTE = ("“{}”", "「{}」")
# What a customer says besides the matter itself.
SMALL_TALK = frozenset(
    {"greet", "goodbye", "thank", "affirm", "deny", "inform", "bot_challenge", "request_human",
     "cancel_dialogue", "nlu_fallback", "out_of_scope"}
)  # fmt: skip

# What says nothing about a matter, whatever else is missing.
_NO_WISH = frozenset({"greet", "goodbye", "thank", "request_human"})

_LABELS: dict[Line, tuple[str, str]] = {
    "wish": ("Wish", "ご用件"),
    "facts": ("Known", "承った内容"),
    "tried": ("Tried", "ご案内済み"),
    "mood": ("Mood", "ご様子"),
    "left": ("Before", "前任"),
    "promise": ("Promised", "お約束"),
    "next": ("Next", "次の対応"),
}
_NAMES: dict[str, tuple[str, str]] = {
    "name": ("name", "お名前"),
    "order_number": ("order", "注文"),
    "item": ("item", "商品"),
    "fault": ("fault", "不具合"),
    "date": ("date", "日付"),
    "wish": ("wants", "ご希望"),
    "late_reason": ("why late", "遅れたご事情"),
    "refund": ("refund", "返金"),
    "replacement": ("replacement", "交換"),
    "repair": ("repair", "修理"),
    "explanation": ("explanation", "ご説明"),
    "files": ("files", "添付ファイル"),
    "person": ("a person", "担当者との会話"),
    "voucher": ("voucher", "クーポン"),
    "broken": ("broken", "破損"),
    "chipped": ("chipped", "欠け"),
    "missing": ("missing", "不足"),
    "wrong_item": ("wrong item", "商品違い"),
    "late": ("late", "遅延"),
    "leaking": ("leaking", "漏れ"),
    "stale": ("stale", "鮮度"),
    "stained": ("stained", "汚れ"),
    "not_as_described": ("not as described", "説明と相違"),
    "not_arrived": ("not arrived", "未着"),
    "double_charged": ("charged twice", "二重請求"),
    "rude_service": ("rude service", "接客"),
    "angry": ("angry", "お怒り"),
    "displeased": ("displeased", "ご不満"),
    "complaint": ("complaint", "苦情"),
    "return": ("return", "返品"),
    "cancellation": ("cancellation", "キャンセル"),
    "privacy": ("personal data", "個人情報"),
    "change": ("change", "変更"),
    "idea": ("idea", "ご提案"),
}
_NEXT: dict[str, tuple[str, str]] = {
    "asked": ("greet by name, take up the wish", "ご挨拶のうえ、ご用件をうかがう"),
    "angry": ("apologise for the fact first, then act", "まず事実についてお詫びし、対応する"),
    "stuck": ("ask one clear question", "要点をひとつ確認する"),
    "delicate": ("condolence first, no forms", "まずお悔やみ、手続きは後に"),
    "complaint": ("confirm the wish and put it right", "ご希望を確認し、解決する"),
    "security": ("secure the account, never ask for secrets", "安全を確保し、秘密情報は聞かない"),
    "brain_down": ("answer the last message", "最後のメッセージに答える"),
    "agent": ("take over where the colleague left", "前任者の続きから対応する"),
}


@dataclass(frozen=True)
class SummaryLine:
    line: Line
    label: str
    text: str
    seq: int | None


def for_agent(
    connection: Connection, conversation: Conversation, lang: str, zone: tzinfo = UTC
) -> list[SummaryLine]:
    """All lines, in the agent's language, at most 60 words together; times are told in `zone`."""
    said = thread_messages.of_thread(
        connection,
        conversation.thread_id,
        conversation_id=conversation.id,
        limit=500,
        newest=True,
    )
    due = connection.execute(
        select(tasks.c.due_at)
        .where(tasks.c.conversation_id == conversation.id, tasks.c.state == "open")
        .order_by(tasks.c.due_at)
        .limit(1)
    ).scalar_one_or_none()
    lines = [
        _wish(said, lang),
        _facts(conversation, said, of_conversation(connection, conversation.id), lang),
        _tried(said, lang),
        _mood(conversation, said, lang),
        _left(connection, conversation, lang, zone),
        _line("promise", f"{due.astimezone(zone):%Y-%m-%d %H:%M %Z}", lang) if due else None,
        _line("next", _word(_NEXT, conversation.reason or "asked", lang), lang),
    ]
    return _within(MOST_WORDS, [line for line in lines if line is not None])


def for_customer(connection: Connection, conversation: Conversation) -> list[str]:
    """What will be passed on, as far as it is the customer's to correct."""
    lang = conversation.lang or "en"
    colon = "：" if lang == "ja" else ": "
    return [
        f"{line.label}{colon}{line.text}"
        for line in for_agent(connection, conversation, lang)
        if line.line in ("wish", "facts")
    ]


def _wish(said: Sequence[Message], lang: str) -> SummaryLine | None:
    """The latest message that carries a matter, in the customer's own words."""
    theirs = [m for m in said if m.author is Author.CUSTOMER and m.kind != KIND]
    with_matter = [
        message
        for message in theirs
        if message.kind == "text"
        and (_intent_of(message) not in SMALL_TALK or _asks_about_something(message))
    ]
    else_said = [message for message in theirs if _intent_of(message) not in _NO_WISH]
    # Somebody who has run out of patience says what the matter is earlier, with its particulars.
    with_particulars = [message for message in with_matter if _particulars(message)]
    calm = [message for message in with_matter if _mood_of(message) == "none"]
    chosen = (with_particulars or calm or with_matter or else_said)[-1:]
    if not chosen:
        return None
    text = " ".join(mask(chosen[0].text).split())
    quote = "「{}」" if lang == "ja" else "“{}”"
    return _line("wish", quote.format(_shortened(text, WISH_WORDS)), lang, chosen[0].seq)


def _intent_of(message: Message) -> str | None:
    return (message.reading or {}).get("intent")


def _asks_about_something(message: Message) -> bool:
    """Whether who asks for a person says what for: "can somebody look at my broken teapot"."""
    return _intent_of(message) == "request_human" and _particulars(message)


def _mood_of(message: Message) -> str:
    return str((message.reading or {}).get("anger") or "none")


def _particulars(message: Message) -> bool:
    found = (message.reading or {}).get("entities") or []
    # That a person is wanted is no particular of a matter.
    return any(
        entity.get("entity") not in ("language", "anger") and entity.get("value") != "person"
        for entity in found
    )


def _facts(
    conversation: Conversation, said: Sequence[Message], cases: Sequence[Case], lang: str
) -> SummaryLine | None:
    facts = conversation.facts
    told = facts.get(f"told_{lang}")
    names = ("wish",) if told else ("item", "fault", "date", "wish")
    parts = [
        f"{_word(_NAMES, name, lang)} {_told(name, str(facts[name]), lang)}"
        for name in names
        if facts.get(name)
    ]
    proved = " ✓" if facts.get("order_number") in conversation.verified_orders else ""
    if told:
        parts.insert(0, f"{told}{proved}")
    elif facts.get("order_number"):
        parts.insert(0, f"{_word(_NAMES, 'order_number', lang)} {facts['order_number']}{proved}")
    if facts.get("name"):
        parts.insert(0, f"{_word(_NAMES, 'name', lang)} {mask(facts['name'])}")
    if facts.get("late_reason"):
        why = _shortened(" ".join(mask(facts["late_reason"]).split()), REASON_WORDS)
        parts.append(f"{_word(_NAMES, 'late_reason', lang)} " + _QUOTE[lang == "ja"].format(why))
    parts += [f"{_word(_NAMES, case.kind, lang)} {case.number}" for case in cases]
    sent = [m for m in said if m.author is Author.CUSTOMER and m.kind == KIND]
    if sent:
        parts.append(f"{_word(_NAMES, 'files', lang)} {len(sent)}")
    if not parts:
        return None
    seqs = [message.seq for message in said if message.kind in ("order", "case")] or [
        message.seq for message in sent
    ]
    text = ("、" if lang == "ja" else ", ").join(parts)
    return _line("facts", text, lang, seqs[-1] if seqs else None)


def _told(name: str, value: str, lang: str) -> str:
    known = item_name(value, lang) if name == "item" else None
    return known or _word(_NAMES, value, lang)


def _tried(said: Sequence[Message], lang: str) -> SummaryLine | None:
    shown = [message for message in said if message.kind in ("article", "order")]
    if not shown:
        return None
    last = shown[-1]
    what = last.data.get("title") or last.data.get("number") or ""
    after = [m for m in said if m.seq > last.seq and m.author is Author.CUSTOMER]
    text = str(what)
    if after:
        reaction = _shortened(" ".join(mask(after[0].text).split()), 8)
        text += f" → 「{reaction}」" if lang == "ja" else f" → “{reaction}”"
    return _line("tried", text, lang, last.seq)


def _mood(conversation: Conversation, said: Sequence[Message], lang: str) -> SummaryLine | None:
    for mood in ("angry", "displeased"):
        shown = [m for m in said if (m.reading or {}).get("anger") == mood]
        if shown:
            evidence = _shortened(" ".join(mask(shown[-1].text).split()), 8)
            quote = f"「{evidence}」" if lang == "ja" else f"“{evidence}”"
            return _line("mood", f"{_word(_NAMES, mood, lang)}: {quote}", lang, shown[-1].seq)
    return None


def _left(
    connection: Connection, conversation: Conversation, lang: str, zone: tzinfo
) -> SummaryLine | None:
    """Who had it and vanished, since when, and what they left unanswered."""
    note = connection.execute(
        select(tickets.c.note)
        .where(tickets.c.conversation_id == conversation.id)
        .order_by(tickets.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    left = (note or {}).get("left")
    if not left:
        return None
    seen, number = left.get("seen_at"), int(left.get("unanswered") or 0)
    since = f"{datetime.fromisoformat(seen).astimezone(zone):%H:%M}" if seen else None
    if lang == "ja":
        text = f"{left['agent']}さんが" + (f"{since}から不在" if since else "不在")
        text += f"、未返信{number}件" if number else "、未返信なし"
    else:
        text = f"{left['agent']} gone" + (f" since {since}" if since else "")
        text += f", {number} unanswered" if number else ", nothing unanswered"
    return _line("left", text, lang, left.get("seq"))


def _line(line: Line, text: str, lang: str, seq: int | None = None) -> SummaryLine:
    return SummaryLine(line, _word(dict(_LABELS), line, lang), text, seq)


def _word(table: Any, key: str, lang: str) -> str:
    english, japanese = table.get(key, (key, key))
    return str(japanese if lang == "ja" else english)


def words_in(text: str) -> int:
    """Words of a text; Japanese, written without blanks, counts two characters as one."""
    dense = sum(1 for character in text if ord(character) > 0x2E7F)
    sparse = "".join(" " if ord(character) > 0x2E7F else character for character in text)
    return len(sparse.split()) + -(-dense // 2)


def _shortened(text: str, most: int) -> str:
    if words_in(text) <= most:
        return text
    kept = text
    while kept and words_in(kept) > most:
        cut = kept.rfind(" ")
        kept = kept[:cut] if cut > len(kept) * 0.7 else kept[: int(len(kept) * 0.9)]
    return kept.rstrip(" 、。,.") + "…"


def _within(most: int, lines: list[SummaryLine]) -> list[SummaryLine]:
    """Shorten the longest line until all fit."""
    while sum(words_in(line.label + " " + line.text) for line in lines) > most:
        longest = max(lines, key=lambda line: words_in(line.text))
        fewer = words_in(longest.text) - 2
        if fewer < 3:
            break
        cut = SummaryLine(longest.line, longest.label, _shortened(longest.text, fewer), longest.seq)
        lines[lines.index(longest)] = cut
    return lines
