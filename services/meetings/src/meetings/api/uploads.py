"""What may be uploaded here, by purpose."""

from chassis.files import MEGABYTE, FileRule, file_routes
from chassis.sniff import PDF, XLSX

from meetings.api.meetings import MATERIAL
from meetings.api.order_sheet import ORDER_SHEET

EVIDENCE, QUALIFICATION, REPORT, SUPPLEMENT = (
    "objection-evidence",
    "qualification-document",
    "work-report",
    "supplement",
)
_PDF = FileRule(frozenset({PDF}), 20 * MEGABYTE)
_SCAN = FileRule(frozenset({PDF, "image/jpeg", "image/png"}), 20 * MEGABYTE)

router = file_routes(
    {
        MATERIAL: _PDF,
        ORDER_SHEET: FileRule(frozenset({XLSX}), 5 * MEGABYTE),
        EVIDENCE: _SCAN,
        QUALIFICATION: _PDF,
        REPORT: _PDF,
        SUPPLEMENT: _SCAN,
    }
)
