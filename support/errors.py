"""Problems that whoever runs the shop's assistant can mend."""


class Mendable(Exception):
    """The text says what is wrong and where, in a sentence. The command line prints it and ends."""
