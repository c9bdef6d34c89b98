"""Conversations as the desk finds, reads, prints and exports them."""
