"""Why a document is not printed."""


class PrintingFailed(RuntimeError):
    """A document cannot be printed: a missing template, value or image, a crash, or too long; says which.

    No refusal: whoever asked for a document did nothing wrong; it is for operators to see.
    """
