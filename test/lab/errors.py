"""The one error of the lab: a line that says what is wrong and what to do."""


class LabError(Exception):
    """What is wrong, and what to do about it; the command line prints it and exits with `code`."""

    def __init__(self, message: str, code: int = 1):
        super().__init__(message)
        self.code = code
