"""What customers call carriers and ways of paying, for the codes that orders carry."""

from __future__ import annotations

_CARRIERS = {
    "yamato": ("Yamato Transport", "ヤマト運輸"),
    "ems": ("EMS (Japan Post)", "EMS（日本郵便）"),
    "dhl": ("DHL Express", "DHLエクスプレス"),
}
_PAYMENTS = {
    "visa": ("Visa", "Visaカード"),
    "mastercard": ("Mastercard", "Mastercard"),
    "jcb": ("JCB", "JCBカード"),
    "amex": ("American Express", "アメリカン・エキスプレス"),
    "paypal": ("PayPal", "PayPal"),
    "paypay": ("PayPay", "PayPay"),
    "konbini": ("convenience store", "コンビニ払い"),
    "bank_transfer": ("bank transfer", "銀行振込"),
}


def carrier_name(carrier: str, lang: str) -> str:
    """The carrier's name in `lang`; one that is not known here is called as the shop calls it."""
    return _named(_CARRIERS, carrier, lang)


def payment_name(payment: str, lang: str) -> str:
    """The way of paying in `lang`; one that is not known here as the shop calls it."""
    return _named(_PAYMENTS, payment, lang)


def _named(names: dict[str, tuple[str, str]], code: str, lang: str) -> str:
    english, japanese = names.get(code, (code, code))
    return japanese if lang == "ja" else english
