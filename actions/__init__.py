"""What the assistant does in a turn: it looks things up, says things, and asks for effects.

Actions only read. Whatever must happen (open a case, hand over, promise) is a command in the
answer, which the server applies once in the turn's transaction. Every sentence is in domain.yml.
"""
