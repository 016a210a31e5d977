"""What a unit adds when it reports an application upward (APP-54, 59, LAW-20)."""

from collections.abc import Mapping
from typing import Any

from refusals import Complaint

from applications.domain import refusals as no


def check_employer(
    held: Mapping[str, Any], needed: Mapping[str, str], *, working_days: int | None, minimum: int
) -> None:
    """Refuse an employer's last pass without its files or with too short an internal publicity.

    `needed`: key → label of the files required; `working_days` of the publicity, None when no dates are given.
    Raises EmployerFilesMissing (all at once) or PublicityTooShort.
    """
    complaints = [
        Complaint(f"/{key}", "required", f"请上传“{label}”。")
        for key, label in needed.items()
        if key not in held
    ]
    if working_days is None:
        complaints.append(Complaint("/publicity", "required", "请填写单位内部公示的起止日期。"))
    if complaints:
        raise no.EmployerFilesMissing("请补齐后再通过。", complaints=tuple(complaints))
    if working_days is not None and working_days < minimum:
        raise no.PublicityTooShort(f"单位内部公示不得少于{minimum}个工作日，现为{working_days}个工作日。")
