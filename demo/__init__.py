"""The demonstration: a small Japanese shop for tea and tableware, its orders and its page."""
