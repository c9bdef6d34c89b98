"""The help centre's own words."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from support.knowledge.language import Lang

TEXTS: Final[Mapping[Lang, Mapping[str, str]]] = {
    "en": {
        "help": "Help",
        "title": "How can we help?",
        "lead": "Ask in your own words, or look through the topics below.",
        "search": "Search the help pages",
        "placeholder": "For example: delivery time",
        "submit": "Search",
        "skip": "Skip to the text",
        "topics": "Topics",
        "other_language": "日本語",
        "results": "What we found",
        "best": "This should answer it",
        "close": "Which of these do you mean?",
        "more": "Also on this subject",
        "read": "Read all of it",
        "nothing": "We haven't written about that yet",
        "nothing_lead": "Sorry, none of our pages answers this. Please ask us: a person will.",
        "asked": "You asked",
        "missing": "This page isn't here",
        "missing_lead": "The address may be mistyped, or the page has moved. "
        "Search for it, or start from the topics.",
        "home": "All topics",
        "updated": "Last updated",
        "related": "Related",
        "helpful": "Did this answer your question?",
        "yes": "Yes",
        "no": "No",
        "glad": "Good to know, thank you.",
        "sorry": "We're sorry this didn't help. Write to us, and a person will answer you.",
        "where": "You are here",
        "contact": "Still need a hand?",
        "contact_lead": "Ask the assistant at any hour, or write to us or call.",
        "chat": "Chat with us",
        "email": "E-mail",
        "phone": "Phone",
        "hours": "Support hours",
        "shop": "To the shop",
        "too_long": "Please ask in fewer words: we read up to 4,000 characters.",
    },
    "ja": {
        "help": "ヘルプ",
        "title": "お困りのことはございませんか",
        "lead": "ふだんのお言葉でご質問ください。下の項目からもお探しいただけます。",
        "search": "ヘルプを検索",
        "placeholder": "例：届くまで何日かかりますか",
        "submit": "検索",
        "skip": "本文へ移動",
        "topics": "項目",
        "other_language": "English",
        "results": "検索結果",
        "best": "こちらをご覧ください",
        "close": "お探しのものはどちらでしょうか",
        "more": "あわせてご覧ください",
        "read": "続きを読む",
        "nothing": "この件のご案内はまだございません",
        "nothing_lead": "お答えできるページがなく、申し訳ございません。"
        "お手数ですが、下の連絡先へお尋ねください。担当者がお答えいたします。",
        "asked": "ご質問",
        "missing": "ページが見つかりません",
        "missing_lead": "アドレスに誤りがあるか、ページが移動した可能性がございます。"
        "検索するか、項目の一覧からお探しください。",
        "home": "項目の一覧",
        "updated": "最終更新",
        "related": "関連するページ",
        "helpful": "このページはお役に立ちましたか",
        "yes": "はい",
        "no": "いいえ",
        "glad": "お役に立ててうれしく思います。ありがとうございます。",
        "sorry": "お役に立てず申し訳ございません。チャットで担当者におつなぎします。",
        "where": "現在のページ",
        "contact": "解決しないときは",
        "contact_lead": "チャットは24時間ご利用いただけます。メールとお電話でも承ります。",
        "chat": "チャットで尋ねる",
        "email": "メール",
        "phone": "電話",
        "hours": "受付時間",
        "shop": "お店のページへ",
        "too_long": "ご質問は4,000文字までで、もう少し短くお書きください。",
    },
}

# In the order in which they stand on the first page; any other topic follows under its own name.
TOPICS: Final[Mapping[str, Mapping[Lang, str]]] = {
    "delivery": {"en": "Delivery", "ja": "配送・お届け"},
    "returns": {"en": "Returns and refunds", "ja": "返品・交換・返金"},
    "payment": {"en": "Payment and receipts", "ja": "お支払い・領収書"},
    "products": {"en": "Tea and tableware", "ja": "お茶と器"},
    "store": {"en": "Our shop, gifts and bulk orders", "ja": "店舗・ギフト・法人のご注文"},
    "account": {"en": "Your account", "ja": "会員登録・ログイン"},
    "loyalty": {"en": "Points and membership", "ja": "ポイント・会員特典"},
    "privacy": {"en": "Your data", "ja": "個人情報"},
    "security": {"en": "Staying safe", "ja": "安全なご利用のために"},
    "contact": {"en": "Reaching us", "ja": "お問い合わせ"},
}
_NO_TOPIC: Final[Mapping[Lang, str]] = {"en": "Everything else", "ja": "そのほか"}


def topic_name(topic: str | None, lang: Lang) -> str:
    if topic is None:
        return _NO_TOPIC[lang]
    known = TOPICS.get(topic)
    return known[lang] if known else topic.replace("-", " ").capitalize()


def day(at: date, lang: Lang) -> str:
    if lang == "ja":
        return f"{at.year}年{at.month}月{at.day}日"
    return f"{at.day} {at:%B} {at.year}"
