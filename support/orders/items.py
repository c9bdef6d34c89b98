"""What things that customers talk about are called, for the values of the entity `item`."""

from __future__ import annotations

# Keys stand in data/nlu/*/lookups.yml. English names are the keys themselves but for these.
_EN = {
    "gyokuro": "gyokuro Asahi",
    "matcha_hatsune": "matcha Hatsune",
    "matcha_culinary": "culinary matcha",
    "sencha_decaf": "decaf sencha",
    "kyusu": "kyusu teapot",
    "yunomi": "yunomi cup",
    "chasen": "bamboo whisk",
    "arita_plate": "Arita plate",
    "kiyomizu_pair": "Kiyomizu cup pair",
    "nambu_kettle": "Nambu iron kettle",
    "gift_set": "tea gift set",
    "gift_wrap": "gift wrapping",
    "tv": "TV",
    "pan": "frying pan",
    "bicycle": "bicycle",
    "vacuum": "vacuum cleaner",
}
_JA = {
    "gyokuro": "玉露", "sencha": "煎茶", "hojicha": "ほうじ茶", "genmaicha": "玄米茶",
    "matcha": "抹茶", "matcha_hatsune": "抹茶「初音」", "matcha_culinary": "製菓用抹茶",
    "sencha_decaf": "カフェインレス煎茶", "wakocha": "和紅茶", "kyusu": "急須", "yunomi": "湯呑み",
    "matcha_bowl": "抹茶茶碗", "chasen": "茶筅", "tea_tin": "茶筒", "arita_plate": "有田焼の皿",
    "kiyomizu_pair": "清水焼の夫婦湯呑み", "nambu_kettle": "南部鉄瓶", "sencha_set": "煎茶器セット",
    "gift_set": "お茶ギフトセット", "furoshiki": "風呂敷", "engraved_cup": "名入れ湯呑み",
    "parcel": "お荷物", "tea": "お茶", "coffee": "コーヒー", "cup": "カップ", "plate": "お皿",
    "bowl": "お茶碗", "teapot": "急須", "kettle": "やかん", "lid": "蓋", "handle": "持ち手",
    "strainer": "茶こし", "glass": "グラス", "vase": "花瓶", "bottle": "ボトル",
    "pan": "フライパン", "knife": "包丁", "cutlery": "カトラリー", "gift_card": "ギフトカード",
    "gift_wrap": "ギフト包装", "message_card": "メッセージカード", "coupon": "クーポン",
    "receipt": "領収書", "subscription": "定期便", "shirt": "シャツ", "sweater": "セーター",
    "jacket": "上着", "dress": "ワンピース", "trousers": "ズボン", "shoes": "靴", "socks": "靴下",
    "hat": "帽子", "scarf": "マフラー", "bag": "バッグ", "belt": "ベルト",
    "jewellery": "アクセサリー", "watch": "腕時計", "glasses": "眼鏡", "phone": "スマートフォン",
    "phone_case": "スマホケース", "laptop": "ノートパソコン", "tablet": "タブレット",
    "headphones": "ヘッドホン", "charger": "充電器", "camera": "カメラ", "tv": "テレビ",
    "speaker": "スピーカー", "keyboard": "キーボード", "printer": "プリンター", "game": "ゲーム",
    "washing_machine": "洗濯機", "fridge": "冷蔵庫", "oven": "オーブン", "blender": "ミキサー",
    "coffee_machine": "コーヒーメーカー", "vacuum": "掃除機", "router": "ルーター",
    "sofa": "ソファ", "table": "テーブル", "chair": "椅子", "bed": "ベッド", "bedding": "寝具",
    "lamp": "照明", "shelf": "棚", "carpet": "敷物", "book": "本", "toy": "おもちゃ",
    "bicycle": "自転車", "cosmetics": "化粧品", "flowers": "お花", "food": "食品",
}  # fmt: skip


def item_name(key: str, lang: str) -> str | None:
    """The thing's name in `lang`; None where it has none there."""
    if lang == "ja":
        return _JA.get(key)
    return _EN.get(key) or (key.replace("_", " ") if key in _JA else None)


def item_names(lang: str) -> dict[str, str]:
    """All things' names in `lang`."""
    return {key: name for key in _JA if (name := item_name(key, lang))}
