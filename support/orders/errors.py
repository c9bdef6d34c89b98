"""What can go wrong on the way to an order. No message carries personal data."""

from __future__ import annotations


class OrdersUnavailable(Exception):
    """The shop's orders cannot be read now, or what came back makes no sense.

    Caught by the actions: the customer gets an apology and a person. The message says what
    is wrong for the operator's log and is not meant for the customer.
    """


class OrderMalformed(OrdersUnavailable):
    """The source answers, but one order of it can't be read: asking again won't help.

    Whoever looks at many customers' orders goes on with the next; others treat it as above.
    """


class OrderNotVisible(Exception):
    """There is no such order, or it is not this customer's to see: deliberately alike.

    Caught by the actions, which say that number and proof do not fit together and count a
    failed look-up if a proof was offered.
    """


class TooManyAttempts(OrderNotVisible):
    """Too many failed look-ups lately, in this thread or for this order number.

    Caught by the actions, which offer a person. Raised whether or not the order exists.
    """
