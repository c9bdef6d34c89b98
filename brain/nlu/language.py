"""Which language a message is in, if it says so clearly."""

import re
from collections.abc import Collection

from brain.nlu.folding import fold

_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa\u31f0-\u31ff]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff々〆]")
_WORD = re.compile(r"[a-z\u00c0-\u024f]+(?:['’][a-z]+)?", re.I)
# Characters and particles of Chinese that Japanese does not write.
_CHINESE = re.compile(
    r"[们吗呢吧这哪么给货为时间请问谢对错订单东买卖银发车门说话让还没没您你]|我[想要的]|什么"
)
_NOISE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|#?\b[a-z]{0,2}-?\d[\w-]*", re.I)
_ENGLISH_WORDS = """
    i i'm i've i'd i'll a an the is are was were be been am do does did don't doesn't didn't can
    can't could would will won't have has had haven't hasn't my your you we our it its it's he she
    they them this that these those there here what when where which who why how and or but not no
    yes please thanks thank hello hi hey of to in on at for from with about if so just get got
    want need help any some me still bye goodbye yeah yep nope sorry good bad great much many more
    all nothing something someone never again yet today tomorrow
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_ROMAJI_WORDS = """
    desu masu mashita masen deshita desuka masuka masenka kudasai onegai onegaishimasu arigatou
    arigato gozaimasu konnichiwa konbanwa ohayou sumimasen gomennasai iie doko nani dare doushite
    ikura watashi chuumon chumon henpin haisou okane shouhin todokimasen todokanai todoita
    kaeshitai shitai daijoubu wakarimashita desune yoroshiku
"""
_ROMAJI = frozenset(_ROMAJI_WORDS.split())
_SYLLABLES = re.compile(
    r"(?:(?:[kgsztdnhbpmr]y?|sh|ch|ts|j|f|y|w|kk?y?|tt|pp|ss|ssh|tch)?[aiueo]{1,2}|n)+"
)
_PARTICLES = frozenset(["wa", "ga", "wo", "o", "no", "ni", "de", "ka", "mo", "e"])
_ENDING = re.compile(
    r"(?:masu|mashita|masen|desu|deshita|kudasai|nasai|[aei]tai|anai|ete|ite|oshiete)$"
)
# Function words of neighbours that share letters with English.
_OTHERS_WORDS = """
    le la les des un une est où je j'ai vous nous bonjour bonsoir merci mon ma mes pas pour avec
    dans que qui quand comment combien commande livraison colis votre vos suis ne sur quel quelle
    parlez
    der die das und ist ich nicht mein meine wo wann bitte danke hallo ein eine mit für auf wie kann
    kein keine habe haben sie bestellung lieferung paket guten tag wir ihr ihre noch
    el los las es dónde donde mi mis pedido gracias hola por favor una con para no está cuándo
    cuando quiero tengo necesito llega llegado cómo como puedo hablar español envío buenos días
    il lo gli di che è dove quando grazie ciao per non sono vorrei mio ordine posso ho buongiorno
    come o os onde meu minha obrigado obrigada não em quero pedido chegou você vocês olá bom dia
    de het een waar mijn niet ik bestelling hallo dank wel wanneer gdzie jest moje zamówienie
    dzień dobry nerede sipariş merhaba
"""
_OTHERS = frozenset(_OTHERS_WORDS.split())


def detect_language(text: str, english_words: Collection[str] = ()) -> "str | None":
    """`en`, `ja`, or None without clear evidence (numbers, an address, emoji, other languages).

    `english_words` are words known from English training sentences, in lower case.
    """
    folded = fold(text)
    kana = len(_KANA.findall(folded))
    han = len(_HAN.findall(folded))
    words = [word.lower().replace("’", "'") for word in _WORD.findall(_NOISE.sub(" ", folded))]
    english = sum(_is_english(word) for word in words)
    if kana or han:
        # "What does 急須 mean?" is English; 「DHLのtracking numberは」 is Japanese.
        if english >= 2 and len(words) * 2 >= kana + han:
            return "en"
        if kana:
            return "ja"
        return None if _CHINESE.search(folded) else "ja"
    if not words:
        return None
    if _is_romaji(words, english, english_words):
        return "ja"
    others = sum(word in _OTHERS and word not in ("no", "me", "on") for word in words)
    known = sum(_is_english(word) or word in english_words for word in words)
    if others >= max(english, 1) and others * 4 >= len(words) and known * 2 < len(words) + others:
        return None
    if english and (known * 2 >= len(words) or english * 4 >= len(words) > 3):
        return "en"
    # A sencha is a sencha in either language.
    telling = any(len(word) > 3 and not _SYLLABLES.fullmatch(word) for word in words)
    return "en" if known * 3 >= len(words) * 2 and telling else None


# Scripts that neither of the two languages is written in: Hangul, Cyrillic, Greek, Arabic, Hebrew,
# Thai, Devanagari and their neighbours.
_OTHER_SCRIPT = re.compile(
    r"[\u0370-\u05ff\u0600-\u06ff\u0750-\u077f\u0900-\u0dff\u0e00-\u0eff\u1100-\u11ff"
    r"\u3130-\u318f\uac00-\ud7af]"
)
_ACCENTED = re.compile(r"[\u00c0-\u024f]")


def is_other_language(text: str, english_words: Collection[str] = ()) -> bool:
    """Whether a message is clearly in neither English nor Japanese."""
    folded = fold(text)
    if detect_language(text, english_words) is not None:
        return False
    plain = _NOISE.sub(" ", folded)
    if len(_OTHER_SCRIPT.findall(plain)) >= 2:
        return True
    if _HAN.search(plain):
        return _CHINESE.search(plain) is not None and len(_HAN.findall(plain)) >= 3
    words = [word.lower() for word in _WORD.findall(plain)]
    others = sum(word in _OTHERS for word in words)
    accented = sum(bool(_ACCENTED.search(word)) for word in words)
    return others >= 2 or (others == 1 and (accented > 0 or len(words) <= 2)) or accented >= 2


def _is_romaji(words: list[str], english: int, english_words: Collection[str]) -> bool:
    """Whether the words are Japanese in Latin letters: known ones, or syllables and grammar."""
    romaji = sum(word in _ROMAJI for word in words)
    if romaji > english and romaji * 5 >= len(words):
        return True
    spelled = [
        w for w in words if len(w) > 3 and _SYLLABLES.fullmatch(w) and w not in english_words
    ]
    long_words = [word for word in words if len(word) > 3]
    # "gyokuro sencha" is spelled so by everybody; with particles or endings it is a sentence.
    grammar = sum(word in _PARTICLES or bool(_ENDING.search(word)) for word in words)
    return bool(grammar) and len(spelled) >= 2 and len(spelled) * 4 >= len(long_words) * 3


def _is_english(word: str) -> bool:
    return word in _ENGLISH or ("'" in word and word.split("'")[0] in _ENGLISH)
