"""Plays a dialogue of en.yml or ja.yml as a visitor and compares what comes back.

A dialogue is `name`, `principle` (numbers of the principles it shows), `turns`, and where needed
`nobody: true` (no person is on duty). A turn is what the customer does,

  say: typed text | press: a part of a button's title | agent: claim, or what the agent writes

and what must come back: `contains` (all of it), `any` (one of it), `not`, `article`, `order`,
`order_state`, `buttons` (parts of titles), `expects` (what the last message asks for), `from`
(authors), `state`, `lang`, and `case: true` (a case number is told). `{delivered.number}`,
`{delivered.email}`, `{delivered.postcode}` stand for an order of the demonstration (orders.py),
`{case}` for the case number told last.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.orders import Order
from tests.harness import DeskAgent, Server, Visitor

_CASE = re.compile(r"C-\d{6}")
_KANA = re.compile(r"[\u3040-\u30ff]")
# Never seen by a customer, in whatever dialogue.
_NEVER = (
    re.compile(r"utter_|\{[a-z_]*\}|\bNone\b|\bnull\b|Traceback"),
    re.compile(r"understand (?:your|how) (?:frustrat|you feel)|I don'?t know\b", re.I),
    re.compile(r"わかりません。$|分かりません。$|あなた|了解しました|ご了承ください"),
    re.compile(r"(?:申し訳|お詫び)[^。]*[！!]"),
)
_CHECKS = frozenset(
    {"contains", "any", "not", "article", "order", "order_state", "buttons", "from", "state",
     "lang", "case", "expects"}
)  # fmt: skip


class Went(AssertionError):
    """A dialogue went another way than it should."""


@dataclass
class Player:
    server: Server
    agent: DeskAgent
    orders: Mapping[str, Order]
    lang: str
    lines: list[str] = field(default_factory=list)
    case: str = "C-000000"

    async def play(self, dialogue: Mapping[str, Any]) -> None:
        """Raises Went with the whole transcript."""
        status = "away" if dialogue.get("nobody") else "available"
        answer = await self.agent.client.post("/api/v1/desk/me", json={"status": status})
        assert answer.status_code == 200, answer.text
        visitor = await self.server.visitor().arrive(lang=dialogue.get("lang", self.lang))
        speaks = dialogue.get("lang", self.lang)
        try:
            for number, turn in enumerate(dialogue["turns"], 1):
                unknown = turn.keys() - _CHECKS - {"say", "press", "agent"}
                assert not unknown, f"turn {number}: no such key: {', '.join(sorted(unknown))}"
                speaks = turn.get("lang", speaks)
                wrong = await self._turn(visitor, turn, speaks)
                if wrong:
                    problem = "\n".join(f"  turn {number}: {one}" for one in wrong)
                    raise Went("\n" + "\n".join(self.lines) + "\n\n" + problem)
        finally:
            # The next dialogue finds nobody in the queue.
            if (await visitor.page())["state"] == "queued":
                await visitor.client.post("/api/v1/visitor/ticket", json={"action": "cancel"})

    async def _turn(self, visitor: Visitor, turn: Mapping[str, Any], lang: str) -> list[str]:
        said = await self._act(visitor, turn)
        page = await visitor.page()
        for message in said:
            self.lines.append(_line(message))
        wrong = []
        if page["state"] != turn.get("state", page["state"]):
            wrong.append(f"state is {page['state']}, not {turn['state']}")
        wrong += self._always(said, lang)
        wrong += self._compare(said, turn)
        for message in said:
            for found in _CASE.findall(message["text"]):
                self.case = found
        return wrong

    async def _act(self, visitor: Visitor, turn: Mapping[str, Any]) -> list[dict[str, Any]]:
        before = (await visitor.page())["messages"]
        after = before[-1]["seq"] if before else 0
        if "agent" in turn:
            what = self._fill(turn["agent"])
            self.lines.append(f"agent> {what}")
            if what == "claim":
                response = await self.agent.do(visitor.conversation_id, "claim")
            else:
                response = await self.agent.reply(visitor.conversation_id, what)
            assert response.status_code in (200, 202), response.text
        elif "press" in turn:
            title = self._fill(turn["press"])
            self.lines.append(f"customer> [{title}]")
            last = [m for m in before if m.get("buttons")]
            offered = {b["title"]: b["id"] for b in last[-1]["buttons"]} if last else {}
            fitting = [known for name, known in offered.items() if title in name]
            if not fitting:
                raise Went("\n".join(self.lines) + f"\n\n  no such button among {list(offered)}")
            response = await visitor.press(fitting[0])
            assert response.status_code == 202, response.text
        else:
            text = self._fill(turn["say"])
            self.lines.append(f"customer> {text}")
            await visitor.say(text)
        if turn.get("from") == []:
            await asyncio.sleep(0.4)
            found = await visitor.read(after)
        else:
            found = await visitor.wait_for(lambda m: any(_ours(one) for one in m), after)
        return [message for message in found if _ours(message)]

    def _fill(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] == "case":
                return self.case
            name, _, part = match[1].partition(".")
            return str(getattr(self.orders[name], part))

        return re.sub(r"\{([a-z_.]+)\}", value, text)

    def _always(self, said: list[dict[str, Any]], lang: str) -> list[str]:
        """What holds of every answer."""
        wrong = []
        for message in said:
            text = message["text"]
            if not text.strip():
                wrong.append("an empty message")
            if message["kind"] != "summary":
                # Which quotes the customer.
                wrong += [f"never to be seen: {p.pattern}" for p in _NEVER if p.search(text)]
            if message["author"] != "agent" and bool(_KANA.search(text)) != (lang == "ja"):
                wrong.append(f"not in {lang}: {text}")
            if message["author"] == "bot" and len(text) > 700:
                wrong.append(f"too long: {len(text)} characters")
        texts = [message["text"] for message in said]
        if len(set(texts)) != len(texts):
            wrong.append("says the same twice")
        return wrong

    def _compare(self, said: list[dict[str, Any]], turn: Mapping[str, Any]) -> list[str]:
        text = "\n".join(message["text"] for message in said)
        data = [message.get("data") or {} for message in said]
        titles = [button["title"] for message in said for button in message.get("buttons", ())]
        authors = {message["author"] for message in said}
        wrong = [
            f"without {part!r}" for part in map(self._fill, _list(turn, "contains"))
            if part not in text
        ]  # fmt: skip
        either = [self._fill(part) for part in _list(turn, "any")]
        if either and not any(part in text for part in either):
            wrong.append(f"without any of {either}")
        wrong += [f"with {p!r}" for p in map(self._fill, _list(turn, "not")) if p in text]
        articles = [d.get("id") for m, d in zip(said, data, strict=True) if m["kind"] == "article"]
        if "article" in turn and not set(_list(turn, "article")) & set(articles):
            wrong.append(f"article is {articles}, not {turn['article']}")
        shown = [d for m, d in zip(said, data, strict=True) if m["kind"] == "order"]
        if "order" in turn:
            number = self._fill(turn["order"])
            if number not in [d.get("number") for d in shown]:
                wrong.append(f"doesn't show order {number}")
        if "order_state" in turn and turn["order_state"] not in [d.get("state") for d in shown]:
            wrong.append(f"order state is {[d.get('state') for d in shown]}")
        for title in _list(turn, "buttons"):
            if not any(title in one for one in titles):
                wrong.append(f"no button {title!r} among {titles}")
        if "from" in turn and set(_list(turn, "from")) != authors:
            wrong.append(f"from {sorted(authors)}, not {turn['from']}")
        if "expects" in turn and data[-1].get("expects", []) != turn["expects"]:
            wrong.append(f"expects {data[-1].get('expects')}, not {turn['expects']}")
        if turn.get("case") and not _CASE.search(text):
            wrong.append("tells no case number")
        return wrong


def _ours(message: Mapping[str, Any]) -> bool:
    return message["author"] != "customer"


def _line(message: Mapping[str, Any]) -> str:
    buttons = " | ".join(button["title"] for button in message.get("buttons", ()))
    data = message.get("data") or {}
    card = data.get("id") or data.get("number") or ""
    head = f"  {message['author']}/{message['kind']}{f' {card}' if card else ''}: "
    return head + message["text"] + (f"\n      [{buttons}]" if buttons else "")


def _list(turn: Mapping[str, Any], key: str) -> list[str]:
    value = turn.get(key, [])
    return [value] if isinstance(value, str) else list(value)
