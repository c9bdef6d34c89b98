"""The ways out of the house: outbox, addresses, e-mail, and what became of what was sent."""
