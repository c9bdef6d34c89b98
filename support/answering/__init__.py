"""What an agent does in a conversation: replies, notes, macros, labels, ending it."""
