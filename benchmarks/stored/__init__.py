"""Very many conversations: how they are made, and what the desk is asked for with them stored."""
