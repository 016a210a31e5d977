"""Why a whole workbook is refused."""

from typing import ClassVar

from refusals import Kind, Refusal


class NotAWorkbook(Refusal):
    """上传的文件不是有效的 xlsx 工作簿。"""

    slug: ClassVar[str] = "sheet-not-a-workbook"
    kind: ClassVar[Kind] = Kind.INVALID


class MacrosRefused(Refusal):
    """工作簿含有宏或嵌入对象，不能导入。"""

    slug: ClassVar[str] = "sheet-macros-refused"
    kind: ClassVar[Kind] = Kind.INVALID


class ExternalLinksRefused(Refusal):
    """工作簿含有外部链接或数据连接，不能导入。"""

    slug: ClassVar[str] = "sheet-external-links-refused"
    kind: ClassVar[Kind] = Kind.INVALID


class FormulaRefused(Refusal):
    """工作簿含有公式，请改为数值后再上传。"""

    slug: ClassVar[str] = "sheet-formula-refused"
    kind: ClassVar[Kind] = Kind.INVALID


class WorkbookTooLarge(Refusal):
    """工作簿过大或压缩异常，不能导入。"""

    slug: ClassVar[str] = "sheet-workbook-too-large"
    kind: ClassVar[Kind] = Kind.INVALID


class TooManyRows(Refusal):
    """表格行数超出上限。"""

    slug: ClassVar[str] = "sheet-too-many-rows"
    kind: ClassVar[Kind] = Kind.INVALID


class TooManyColumns(Refusal):
    """表格列数超出上限。"""

    slug: ClassVar[str] = "sheet-too-many-columns"
    kind: ClassVar[Kind] = Kind.INVALID


class WrongHeader(Refusal):
    """表头与模板不一致，请使用下载的模板填写。"""

    slug: ClassVar[str] = "sheet-wrong-header"
    kind: ClassVar[Kind] = Kind.INVALID


class EmptySheet(Refusal):
    """表格中没有可导入的数据。"""

    slug: ClassVar[str] = "sheet-empty"
    kind: ClassVar[Kind] = Kind.INVALID
