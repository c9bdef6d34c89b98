"""Ways in and out for customers: one package a channel, behind the interface of base.py."""
