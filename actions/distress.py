"""Messages that need care before anything else: grief, despair, and somebody who got hurt."""

from __future__ import annotations

import re
from typing import Literal

Distress = Literal["bereavement", "crisis", "harm"]

_PERSON_EN = (
    r"(?:husband|wife|partner|spouse|fianc[eé]e?|mother|mum|mom|father|dad|parents?|son|daughter|"
    r"child|baby|brother|sister|grand(?:mother|father|ma|pa|parent)|aunt|uncle|cousin|friend)"
)
# A kettle or a battery "died" too, so the verb alone is not enough; and gifts for memorial
# services are everyday questions in a tea shop, so 法事 or 香典返し alone is not either.
_BEREAVEMENT = re.compile(
    rf"\bpassed away\b|\bbereave|\b{_PERSON_EN}\b[^.!?]{{0,30}}\b(?:died|has died|is dead)\b"
    rf"|\b(?:death|loss|funeral) of (?:my|our|a)\b|\bmy late {_PERSON_EN}\b"
    rf"|\b(?:my|our) {_PERSON_EN}'?s (?:death|funeral|passing)\b"
    r"|\blost (?:my|our) (?:\w+ )?" + _PERSON_EN + r"\b"
    r"|亡くな(?:っ|り|られ)|他界し|急逝|逝去|先立たれ|息を引き取",
    re.IGNORECASE,
)
_CRISIS = re.compile(
    r"\b(?:kill|hurt|harm) myself\b|\bsuicid|\bend (?:it all|my life)\b"
    r"|\b(?:don'?t|do not) want to (?:live|be alive)\b|\bwant to die\b"
    r"|死にたい|自殺|消えてしまいたい|生きていたくない|生きるのがつらい",
    re.IGNORECASE,
)
_BODY = r"(?:my|his|her|our|their|myself|himself|herself|itself)"
_FOREIGN = r"(?:glass|metal|needle|razor|insect|bug|worm|maggot|plastic)s?"
_HARM = re.compile(
    rf"\b(?:burn(?:ed|t)|scald(?:ed)?|cut|injured|hurt) {_BODY}\b"
    r"|\bgot (?:burn(?:ed|t)|scalded|hurt|injured|poisoned)\b|\bcan'?t breathe\b"
    r"|\b(?:is|was|been|are|am|i'm) (?:bleeding|vomiting|throwing up|choking|poisoned|injured)\b"
    r"|\b(?:won't|doesn't|does not|will not) stop bleeding\b"
    r"|\b(?:stomach|tummy) (?:ache|pain|hurts)"
    r"|\b(?:i['’]?m|i am|is|are|ended up|taken|rushed|went|had to go) (?:now )?"
    r"(?:in|to) (?:the )?hospital\b"
    r"|\ballergic reaction\b|\banaphyla|\bfood poisoning\b"
    r"|\bbroke out in (?:hives|a rash)\b"
    rf"|\b(?:swallowed|drank|ate|bit) (?:a |some |the |on )*(?:piece of )?{_FOREIGN}\b"
    rf"|\b{_FOREIGN}\b[^.!?]{{0,16}}\bin (?:the|my|our) (?:\w+ )?"
    r"(?:tea|matcha|sencha|hojicha|gyokuro|tin|bag|food)\b"
    r"|(?:やけど|火傷|ヤケド)(?:し|を負|させ)|(?:けが|怪我|ケガ)(?:し|をし|を負)"
    r"|(?:手|指|口|唇|足)を切(?:った|って|っちゃ|りまし)|救急(?:車|で|に)|アレルギー(?:反応|症状)|蕁麻疹|じんましん"
    r"|血が(?:出|止ま)|出血|(?:お腹|おなか|腹)(?:が|を|も)?(?:痛|壊|こわ)|具合が悪|体調を崩"
    r"|嘔吐|吐い(?:て|た)|誤飲|食中毒|息が(?:苦|でき)"
    r"|(?:ガラス|金属|針|虫|異物|プラスチック)(?:の(?:破片|かけら))?[がも]?(?:入|混入|混ざ)",
    re.IGNORECASE,
)
# Somebody had it before it was seen, or who has it can't look for themselves.
_SPOILT_EN = r"(?:mou?ld|mildew|mouldy|moldy|rotten|rancid|maggots?)"
_HAD_EN = (
    r"(?:dr[au]nk(?! from)|ate|eaten|swallowed|been (?:drinking|eating)|had (?:some|a sip|a cup))"
)
_SPOILT_JA, _HAD_JA = (
    r"(?:カビ|かび|黴|腐っ)",
    r"(?:飲ん|飲み|食べ|口にし)(?:で|だ|じゃ|て|ちゃ|た|まし)",
)
_SMALL = r"(?:子ども|子供|こども|赤ちゃん|娘|息子|孫|妊婦|妊娠)"
_HAD_IT = re.compile(
    rf"\b{_SPOILT_EN}\b.{{0,60}}\b{_HAD_EN}\b|\b{_HAD_EN}\b.{{0,60}}\b{_SPOILT_EN}\b"
    rf"|{_SPOILT_JA}(?![臭くつ]).{{0,30}}{_HAD_JA}|{_HAD_JA}.{{0,30}}{_SPOILT_JA}(?![臭くつ])"
    rf"|(?:カビ|かび|腐|異臭|変な(?:味|臭|匂|におい)).{{0,30}}{_SMALL}.{{0,8}}{_HAD_JA}",
    re.IGNORECASE | re.DOTALL,
)
# Things run out with the same sound, and some write it with the same characters.
_NOT_A_PERSON = re.compile(r"(?:在庫|商品|お茶|ポイント|クーポン)(?:が|は|も)(?:もう)?亡くな")


def distress_in(text: str) -> Distress | None:
    """What kind of distress a message tells of, or None."""
    if _CRISIS.search(text):
        return "crisis"
    if _HARM.search(text) or _HAD_IT.search(text):
        return "harm"
    if _BEREAVEMENT.search(text) and not _NOT_A_PERSON.search(text):
        return "bereavement"
    return None


_GIVEN_AWAY = re.compile(
    r"\b(?:i|my \w+|he|she|we)(?:'ve| have| has)? (?:already |just |also )?"
    r"(?:put|gave|given|typed|enter(?:ed)?|told|sent|submitted|filled|clicked|paid)\b"
    r"[^.!?]{0,40}\b(?:card|cvv|password|code|details|number|link|pin)\b"
    r"|(?:カード|パスワード|暗証番号|コード|番号|リンク|個人情報)[^。！？]{0,14}"
    r"(?:入力し|入れ|教え|送っ|押し|伝え)(?:て|た|ちゃ)(?!も?いい|ください|よい)",
    re.IGNORECASE,
)


_SECRET = re.compile(
    r"\b(?:card|cvv|password|pin|bank|one-?time|passcode)\b|カード|パスワード|暗証|口座|認証コード|ワンタイム",
    re.IGNORECASE,
)


def has_given_away(text: str) -> bool:
    """Whether a message about fraud tells that something is in the wrong hands already."""
    return _GIVEN_AWAY.search(text) is not None


def is_in_danger(text: str) -> bool:
    """Whether any message tells that: only of a card, an account or a secret, not of a number."""
    return has_given_away(text) and _SECRET.search(text) is not None
