"""From a stored message to the stored answer: gathering, asking the assistant, committing."""
