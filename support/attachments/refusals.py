"""Why a file is not taken. Whoever receives it says so; nothing is stored."""


class FileRefused(Exception):
    """`str()` says why, for a developer; `code` which of the refusals below it is."""

    code = "refused"


class TooLarge(FileRefused):
    """More bytes than LARGEST. Shown as 413."""

    code = "too_large"


class UnknownType(FileRefused):
    """None of the types that are taken. Shown as 415."""

    code = "unknown_type"


class BrokenFile(FileRefused):
    """The right type, but not readable, or made to harm whoever reads it. Shown as 422."""

    code = "broken_file"
