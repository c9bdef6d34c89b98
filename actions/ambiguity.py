"""When a message can be read in two ways: ask which, with a button for each."""

from __future__ import annotations

from actions.formatting import NONE_OF_THESE
from actions.turn import Turn
from actions.voice import Voice

# What each wish is called on its button; typed, the same words are understood as well.
_NAMES = {
    "order_status": {"en": "Where my order is", "ja": "注文の状況を知りたい"},
    "cancel_order": {"en": "Cancel an order", "ja": "注文をキャンセルしたい"},
    "change_order": {"en": "Change an order", "ja": "注文を変更したい"},
    "return_order": {"en": "Send something back", "ja": "商品を返品したい"},
    "complaint": {"en": "Something is wrong with my order", "ja": "届いた商品に問題がある"},
    "case_status": {"en": "What became of my request", "ja": "問い合わせの進み具合を知りたい"},
    "request_human": {"en": "Talk to a person", "ja": "担当者と話したい"},
    "faq_delivery": {"en": "A question about delivery", "ja": "配送についての質問"},
    "faq_returns": {"en": "A question about returns", "ja": "返品についての質問"},
    "faq_payment": {"en": "A question about payment", "ja": "お支払いについての質問"},
    "faq_account": {"en": "A question about my account", "ja": "アカウントについての質問"},
    "faq_products": {"en": "A question about a product", "ja": "商品についての質問"},
    "faq_store": {"en": "A question about the shop", "ja": "店舗についての質問"},
    "faq_loyalty": {"en": "A question about points", "ja": "ポイントについての質問"},
    "faq_privacy": {"en": "A question about my data", "ja": "個人情報についての質問"},
    "security_concern": {"en": "Something looks like fraud", "ja": "不審な連絡や請求があった"},
    "feedback_idea": {"en": "An idea or a wish for the shop", "ja": "お店への要望や提案"},
}
# The second reading is nearly as likely as the first, and the two are likelier than all others.
_NEARLY, _TOGETHER = 0.5, 0.35


def close_readings(turn: Turn) -> tuple[str, str] | None:
    """The two intents that the message may have, if it is these two and hardly another."""
    if len(turn.ranking) < 2:
        return None
    (first, likely), (second, nearly) = turn.ranking[:2]
    if first not in _NAMES or second not in _NAMES:
        return None
    together = likely + nearly
    return (first, second) if nearly >= _NEARLY * likely and together >= _TOGETHER else None


def ask_which_wish(turn: Turn, voice: Voice) -> bool:
    """Ask which of two wishes it is; False if it isn't a matter of two."""
    close = close_readings(turn)
    if close is None:
        return False
    buttons = [{"title": _NAMES[name][turn.lang], "payload": f"/{name}"} for name in close]
    buttons.append({"title": NONE_OF_THESE[turn.lang], "payload": "/deny"})
    voice.say("utter_which_wish", kind="choice", buttons=buttons)
    voice.remember(open_question=turn.text[:300])
    voice.expecting = "wish"
    return True
