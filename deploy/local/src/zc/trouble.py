"""What an operator can mend, said in one sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class Trouble(Exception):
    """Something outside the suite is missing or in the way; the message says what and what to do."""


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turns what the operating system refuses into a `Trouble`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f" at {error.filename}" if error.filename else ""
            raise Trouble(f"The disk is full{where}: free some space and start again.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
            raise Trouble(f"{error.filename} cannot be written: {error.strerror}.") from error
        raise
