"""Texts without meaning, to learn from what gets no answer."""

import random
from collections.abc import Callable

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "poiuytrewq", "lkjhgfdsa", "mnbvcxz")
_HIRAGANA = "".join(map(chr, range(0x3042, 0x3094)))
_KATAKANA = "".join(map(chr, range(0x30A2, 0x30F4)))
_ALPHABETS = (
    "asdfghjklqwertyuiopzxcvbnm;",
    "asdfjkl",
    "abcdefghijklmnopqrstuvwxyz    ",
    _HIRAGANA,
    _KATAKANA,
    "".join(map(chr, range(0x4E00, 0x6000))),
    "!?.,*&^%$#@()_+-=~[]{}|",
)
_ENDINGS = ("b", "g", "x", "zz", "rp", "rk", "nk", "bble", "ggle", "mp", "lp", "nd", "ft")
# Each is a word, all together say nothing.
_ENGLISH = (
    "ladder turtle green although seventeen butter quickly sky under melts trumpet tuesday elbow "
    "because gravel loud window swims of the moon seldom carrot between eleven purple nobody glass "
    "sings pillow into rather cloud spoon jumps"
)
_JAPANESE = (
    "はしご 亀 緑 なのに 十七 バター すばやく 空 ラッパ 火曜日 ひじ だから 砂利 うるさい 窓 泳ぐ "
    "月 めったに にんじん あいだ 紫 ガラス 歌う まくら むしろ 雲 さじ 跳ねる を が に"
)
_LATIN = (
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor incididunt labore "
    "magna aliqua veniam quis nostrud laboris nisi aliquip ex ea commodo velit esse cillum fugiat "
    "pariatur nulla sint occaecat cupidatat proident sunt culpa officia deserunt mollit anim"
)
# Nobody wishes for anything by one of these among letters that say nothing.
_TRADE = "order return refund parcel delivery address card please ok 注文 返品 荷物 配送 住所"
_EMOJI = "🍕🚗🦆💥🧄🎈🐙🌵🪠🧦🥁🦷🛸🍄🐌🧲"
_FILLING = ("of", "the", "a", "to", "and", "ok", "blah", "so", "um", "la", "ha", "ye")


def _typed(chance: random.Random, alphabet: str) -> str:
    return "".join(chance.choices(alphabet, k=chance.randint(3, 16))).strip() or "zxqv"


def _made_up(chance: random.Random) -> str:
    """Words that could be English and are not: "wibble frub snork"."""
    return " ".join(
        chance.choice("bdfgklmnpqrstvwyz")
        + chance.choice(("", "l", "r", "n"))
        + chance.choice("aeiou")
        + chance.choice(_ENDINGS)
        for _ in range(chance.randint(1, 4))
    )


def _along_the_keys(chance: random.Random) -> str:
    """ "lkjh poiuy", "qqwwee"."""

    def run() -> str:
        keys = chance.choice(_KEYS)
        start = chance.randrange(len(keys) - 3)
        times = chance.choice((1, 1, 2))
        return "".join(key * times for key in keys[start : start + chance.randint(3, 6)])

    return " ".join(run() for _ in range(chance.randint(1, 3)))


def _over_and_over(chance: random.Random) -> str:
    """ "jjjj kk", "dfgdfgdfg", "of of of", 「かかかかっか」."""
    piece = chance.choice(
        (
            chance.choice("abcdfghjklmrtvx"),
            _typed(chance, "dfghjkrt")[:3],
            chance.choice(_FILLING) + " ",
            chance.choice(_HIRAGANA),
        )
    )
    return (piece * chance.randint(3, 9)).strip()


def _salad(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return " ".join(chance.sample(_ENGLISH.split(), chance.randint(4, 7)))
    return "".join(chance.sample(_JAPANESE.split(), chance.randint(4, 6)))


def _latin(chance: random.Random) -> str:
    return " ".join(chance.sample(_LATIN.split(), chance.randint(2, 8)))


def _syllables(chance: random.Random) -> str:
    """Romaji or kana in pieces: "wa shi ku ru"."""
    made = (chance.choice("kstnhmrw") + chance.choice("aiueo") for _ in range(chance.randint(4, 9)))
    return " ".join(made)


def _mixed(chance: random.Random) -> str:
    """Letters, kana and digits beside each other."""
    kinds = ("asdfghjk", _HIRAGANA, _KATAKANA, "0123456789")
    return " ".join(_typed(chance, chance.choice(kinds))[:4] for _ in range(chance.randint(3, 6)))


def _pairs(chance: random.Random) -> str:
    """ "a1 b2 c3"."""
    return " ".join(
        chance.choice("abcdefghxyz") + str(chance.randrange(10))
        for _ in range(chance.randint(3, 7))
    )


def _around_a_word(chance: random.Random) -> str:
    """One word that means something among others that don't: "dsa order fdsa"."""
    words = [_along_the_keys(chance), _typed(chance, "asdfjkl")]
    words.insert(chance.randrange(3), chance.choice(_TRADE.split()))
    return " ".join(words)


def _wrong_encoding(chance: random.Random) -> str:
    """Japanese read as if it were Latin."""
    return _typed(chance, _HIRAGANA).encode().decode("cp1252", "ignore")


def _pictures(chance: random.Random) -> str:
    return "".join(chance.choices(_EMOJI, k=chance.randint(3, 8)))


_KINDS: tuple[Callable[[random.Random], str], ...] = (
    *((lambda chance, alphabet=alphabet: _typed(chance, alphabet)) for alphabet in _ALPHABETS),
    _made_up,
    _made_up,
    _along_the_keys,
    _over_and_over,
    _salad,
    _salad,
    _latin,
    _syllables,
    _mixed,
    _pairs,
    _around_a_word,
    _around_a_word,
    _wrong_encoding,
    _pictures,
)


def gibberish(count: int, seed: int = 7) -> list[str]:
    """Texts without meaning (keyboards, cats, made-up words, words at random, the wrong encoding),
    each kind as often, the same for the same `seed`."""
    chance = random.Random(seed)  # noqa: S311 - reproducible training data, not a secret
    return [_KINDS[number % len(_KINDS)](chance) for number in range(count)]
