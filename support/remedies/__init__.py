"""Putting an order right from the desk: refund, replacement, return, credit.

`decision` says what may be done and who may do it; `ledger` keeps what was asked for, in the
transaction that asked; `runner` has it done by the shop's own system, each once.
"""
