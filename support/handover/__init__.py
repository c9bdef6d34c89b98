"""From the assistant to a person and back: the queue, who is given what, who is gone or silent."""
