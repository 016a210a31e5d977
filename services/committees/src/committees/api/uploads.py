"""What may be uploaded here, by purpose."""

from chassis.files import FileRule, file_routes
from chassis.sniff import PDF, XLSX

from committees.api.filing import LETTER

EXPERT_SHEET, REQUIREMENT_SHEET = "expert-sheet", "requirement-sheet"
CAMPAIGN_FILES = {"policy": "campaign-policy", "arrangement": "campaign-arrangement", "plan": "campaign-plan"}

_PDF = FileRule(frozenset({PDF}), 20 * 1024 * 1024)
_SHEET = FileRule(frozenset({XLSX}), 5 * 1024 * 1024)

router = file_routes(
    {
        LETTER: _PDF,
        EXPERT_SHEET: _SHEET,
        REQUIREMENT_SHEET: _SHEET,
        **dict.fromkeys(CAMPAIGN_FILES.values(), _PDF),
    }
)
