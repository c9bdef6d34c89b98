"""Pictures, documents and voice messages that customers and agents send.

A file's way: `checking` decides from its bytes whether it may stay and makes a picture anew,
`files` puts it into the data folder, and only then `sending` stores the message that it hangs on.
A crash in between leaves a file that nobody refers to; `tidying` removes it.
"""
