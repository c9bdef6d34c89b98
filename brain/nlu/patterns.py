"""The pattern entities of one message, in the order of how sure they are."""

from datetime import date

from brain.nlu import contacts, numbers
from brain.nlu.dates import find_dates
from brain.nlu.folding import fold, fold_dashes
from brain.nlu.spans import Span, keep_first

# Slots whose question is answered by a whole address.
_TELLS_ADDRESS = ("change_what",)
# Slots whose question is answered by a postcode.
_ASKS_POSTCODE = ("postcode", "contact", "proof", "verification", "identity")


def find_patterns(text: str, today: date, asked: "str | None" = None) -> list[Span]:
    """Order and case numbers, e-mails, links, postcodes, phones, dates and amounts in `text`.

    `asked` is the slot a form has just asked for: it decides
    whether five bare digits are an order number or an American postcode. Offsets are those
    of `text`; nothing overlaps.
    """
    folded = fold(text)
    dashed = fold_dashes(text)
    found = [*contacts.find_emails(folded), *contacts.find_links(folded)]
    if any(map(str.isdigit, folded)):
        asks_postcode = asked and any(word in asked for word in _ASKS_POSTCODE)
        orders = list(numbers.find_order_numbers(dashed))
        found += numbers.find_marked_case_numbers(dashed)
        found += orders
        if asks_postcode:
            found += contacts.find_asked_postcode(dashed)
        found += numbers.find_bare_case_number(dashed)
        found += contacts.find_phones(dashed)
        found += contacts.find_postcodes(dashed)
        found += numbers.find_amounts(dashed)
        if orders and not any(span.entity == "postcode" for span in found):
            # "HN-10244, 10119": the number is said already, so the other one is the proof.
            found += contacts.find_postcode_beside(dashed, orders)
    found += find_dates(folded, today)
    if asked not in _TELLS_ADDRESS:
        # "12 Sejong-daero, Seoul 03180" holds no order number.
        found += numbers.find_bare_order_numbers(dashed)
    return keep_first(found)
