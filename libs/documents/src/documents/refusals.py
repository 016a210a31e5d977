"""Why a document is not printed."""

from typing import ClassVar

from refusals import Kind, Refusal


class PrintingFailed(Refusal):
    """文件生成失败。"""

    slug: ClassVar[str] = "printing-failed"
    kind: ClassVar[Kind] = Kind.INVALID
