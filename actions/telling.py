"""What a complaint tells beyond the words of the lexicon, and whether it tells anything at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Words that only say that there is something to complain about.
_EMPTY_EN = re.compile(
    r"\b(?:the|this|that|these|those|its|it's|i'm|i've|ive|mine|our|you|your|yours|are|was|were"
    r"|been|have|has|had|got|get|there|here|with|about|for|from|and|but|too|very|really"
    r"|quite|just|some|kind|sort|all|any|one|ones|again|still|please|pls|hello|hey|sorry"
    r"|sir|madam|okay|well|yes|not|want|wanna|would|like|need|make|making|file|submit|raise"
    r"|lodge|complain|complaint|complaints|complaining|problem|problems|issue|issues"
    r"|trouble|something|anything|everything|nothing|wrong|bad|worse|worst|terrible"
    r"|horrible|awful|poor|good|right|happy|unhappy|dissatisfied|disappointed|disappointing"
    r"|upset|annoyed|angry|ridiculous|unacceptable|disgusting|useless|rubbish|crap|joke"
    r"|went|gone|happened|order|orders|ordered|parcel|package|item|items|thing|things"
    r"|product|products|delivery|purchase|service|shop|store|company|experience|help|can"
    r"|can't|could|did|don't|didn't|how|who|what|when|say|tell|hanamori)(?!\w)",
    re.IGNORECASE,
)
_EMPTY_JA = re.compile(
    r"クレーム|苦情|不満|文句|問題|トラブル|不具合|不備|困っ|困り|ひどい|酷い|最悪|残念|納得|いや|嫌"
    r"|ちゃんと|(?:ご)?注文|届いた|買った|購入|商品|品物|荷物|もの|お店|店|そちら|御社|花森|対応|サービス"
    r"|ちょっと|とても|すごく|いろいろ|何か|なにか|なんか|について|に関して|の件|こと|したい|言いたい"
    r"|伝えたい|聞いて|お願い|すみません|すいません|こんにちは"
    r"|です|ます|ました|ません|でした|ください|下さい|あり|ある|あった|あって|いる|いま|せん|たい"
    r"|んだけど|のですが|んですが|けど"
    r"|[がのをにはもでとやねよわっ、。！!？?…・\s]"
)
_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
# Said of a thing this means one fault; by itself it means a dozen things ("電話をかけて").
_CHIPPED = re.compile(r"(?<!を)かけて(?:い)?(?:る|た|まし|ます)")
_WARE = frozenset(
    {
        "kyusu", "yunomi", "matcha_bowl", "arita_plate", "kiyomizu_pair", "nambu_kettle",
        "sencha_set", "engraved_cup", "cup", "plate", "bowl", "teapot", "kettle", "lid", "handle",
        "glass", "vase",
    }
)  # fmt: skip
_SLOW = re.compile(
    r"\btak(?:es?|ing) (?:forever|ages|so long|too long|very long)\b|\b(?:way )?too (?:long|slow)\b"
    r"|遅すぎ|遅くない|時間(?:が)?かかりすぎ|いつまで(?:待|かか)",
    re.IGNORECASE,
)
_HARDWARE_GONE = re.compile(
    r"\b(?:smash|shatter|crack|brok|crumbl)\w*"
    r"|\b(?:came|come|comes|fell|fallen|broke) (?:off|apart)\b"
    r"|\bin (?:bits|pieces|two|half)\b|\bsnapped\b",
    re.IGNORECASE,
)

# Wishes in words of every kind, asked of a sentence that speaks of something at fault.
_WISHES = {
    "replacement": re.compile(
        r"\b(?:send|ship|get|give|mail) (?:me |us |out )?(?:it |them )?(?:a |an |the |another )?"
        r"(?:new|fresh|another|replacement|good|proper|unbroken|intact|again)\b"
        r"|\b(?:new|fresh|intact|unbroken) (?:one|1|ones|pair|set)\b"
        r"|\breplace\w*\b|\bswap\w*\b|\bresend\b"
        r"|(?:新しい|別の|ちゃんとした|割れてない|きれいな|正しい|代わり)(?:の|もの|やつ|品|商品)?(?:を|と|に)?"
        r"(?:お?送|届け|交換|替え|換え|くださ|ほし|欲し|もら|くれ)"
        r"|もう[1１一ひ](?:つ|個|枚|本|度|回|客)?(?:を)?(?:送|届け)|足りない(?:分|もの|の)?(?:を)?(?:送|届け)"
        r"|送り(?:直|なお)し|再送|取り?替え|取り?換え|代替品|代わりの(?:品|もの|商品)",
        re.IGNORECASE,
    ),
    "refund": re.compile(
        r"\b(?:refu?n?d\w*|reimburs\w+)\b|\bmon(?:ey|y|ye|ies) (?:back|returned)\b"
        r"|\b(?:give|want|get|need|have) (?:me )?(?:back )?my (?:money|cash|mony)\b"
        r"|返金|(?:お金|代金|全額)(?:を|は)?(?:返|戻)|払い?戻し",
        re.IGNORECASE,
    ),
    "repair": re.compile(
        r"\b(?:repair|mend|fix) (?:it|this|the|them)\b|修理|(?<!り)直して|金継ぎ", re.I
    ),
    "explanation": re.compile(
        r"\b(?:explain|explanation|find out why|want to know (?:why|how|what))\b"
        r"|(?:説明|経緯|原因|理由)(?:を|が|は)?(?:して|聞|知り|教え|ほし|欲し|くださ|求め)",
        re.IGNORECASE,
    ),
}


def plain_wish(text: str) -> str | None:
    """The one way of putting it right that the words ask for; None for none or several."""
    found = [wish for wish, pattern in _WISHES.items() if pattern.search(text)]
    return found[0] if len(found) == 1 else None


_A_RULE = re.compile(
    r"\b(?:refund|return|replacement|repair)s? "
    r"(?:polic|rule|term|condition|process|procedure|period)"
    r"|(?:返金|交換|修理)(?:ポリシー|規定|規約|条件|ルール|の(?:規定|条件|ルール|流れ))",
    re.IGNORECASE,
)


def without_rules(text: str, entities: Mapping[str, str]) -> dict[str, str]:
    """`entities` without a wish that is only part of a rule's name, as in "the refund policy"."""
    found = dict(entities)
    if (
        found.get("wish") != "person"
        and _A_RULE.search(text)
        and not plain_wish(_A_RULE.sub("", text))
    ):
        found.pop("wish", None)
    return found


def with_plain_faults(text: str, entities: Mapping[str, str]) -> dict[str, str]:
    """`entities`, and the fault that everyday words tell of a thing that was named."""
    found = dict(entities)
    if found.get("fault") not in {None, "other"} or found.get("item") not in _WARE:
        return found
    if _CHIPPED.search(text):
        found["fault"] = "chipped"
    elif _HARDWARE_GONE.search(text):
        found["fault"] = "broken"
    return found


def says_slow(text: str) -> bool:
    """Whether a complaint is about how long something takes."""
    return _SLOW.search(text) is not None


def tells_something(text: str, lang: str, entities: Mapping[str, str]) -> bool:
    """Whether a complaint says what is wrong, however short or misspelt: it is not asked again."""
    if lang == "ja":
        told = len(_EMPTY_JA.sub("", text))
        return told >= (3 if "item" in entities else 5)
    rest = _EMPTY_EN.sub(" ", text.replace("’", "'"))
    told = sum(len(word) > 2 for word in _WORD.findall(rest))
    named = entities.get("item")
    return told >= (3 if named is None else 1 if named == "parcel" else 2)
