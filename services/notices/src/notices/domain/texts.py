"""Every text that the suite itself writes to a person or a unit; no more personal data than is needed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A message as it is read; `kind` lets a portal group and illustrate it."""

    kind: str
    title: str
    body: str


def _opinion(reason: str) -> str:
    return f"意见：{reason}" if reason else ""


# -- to applicants --------------------------------------------------------------------


def application_passed(year: int, title_name: str, committee_next: bool) -> Text:
    """A unit passed it on."""
    place = "评委会审核" if committee_next else "下一级审核"
    return Text(
        "APPLICATION_PASSED", "申报审核进展", f"您{year}年度申报的{title_name}已通过审核，进入{place}。"
    )


def application_returned(year: int, title_name: str, reason: str) -> Text:
    """Returned to the applicant."""
    body = f"您{year}年度申报的{title_name}被退回，请按意见修改后在规定时间内重新提交。{_opinion(reason)}"
    return Text("APPLICATION_RETURNED", "申报材料被退回", body)


def application_rejected(year: int, title_name: str, reason: str) -> Text:
    """不通过 for this year."""
    body = f"您{year}年度申报的{title_name}审核不通过。{_opinion(reason)}"
    return Text("APPLICATION_REJECTED", "申报审核不通过", body)


def application_accepted(year: int, title_name: str) -> Text:
    """The committee accepted the material."""
    body = f"您{year}年度申报的{title_name}已由评委会审核通过并接收，请等待评审。"
    return Text("APPLICATION_ACCEPTED", "申报材料已接收", body)


def application_given_up(year: int, title_name: str) -> Text:
    """Defects were not mended in time."""
    body = f"您{year}年度申报的{title_name}逾期未补正，视为放弃。"
    return Text("APPLICATION_GIVEN_UP", "申报视为放弃", body)


def application_changed(year: int, title_name: str, reason: str) -> Text:
    """Level, method or entrusting was changed by a unit."""
    body = f"您{year}年度的申报信息经审核单位调整，当前申报职称为{title_name}。{_opinion(reason)}"
    return Text("APPLICATION_CHANGED", "申报信息已调整", body)


def vote_passed(title_name: str) -> Text:
    """Announced as passed."""
    return Text("VOTE_PASSED", "评审结果：通过", f"您申报的{title_name}已通过评审，评审结果将进行公示。")


def vote_failed(title_name: str) -> Text:
    """Announced as not passed."""
    return Text("VOTE_FAILED", "评审结果：未通过", f"您申报的{title_name}未通过评审。")


def publicity_started(title_name: str) -> Text:
    """The result is public."""
    body = f"您申报{title_name}的评审结果正在公示，可在门户“评审公示”中查看。"
    return Text("PUBLICITY_STARTED", "评审结果公示", body)


def result_confirmed(title_name: str) -> Text:
    """The confirming unit confirmed."""
    return Text("RESULT_CONFIRMED", "评审结果已确认", f"您申报{title_name}的评审结果已确认，正在办理证书。")


def result_not_confirmed(title_name: str, reason: str) -> Text:
    """An upheld objection, or a rejection at confirmation."""
    body = f"您申报{title_name}的评审结果未予确认。{_opinion(reason)}"
    return Text("RESULT_NOT_CONFIRMED", "评审结果未予确认", body)


def certificate_issued(title_name: str, number: str) -> Text:
    """A certificate exists."""
    body = f"您的{title_name}电子职称证书已发放，证书编号{number}，请在“我的证书”中下载。"
    return Text("CERTIFICATE_ISSUED", "电子职称证书已发放", body)


def certificate_revoked(title_name: str, number: str, reason: str) -> Text:
    """A certificate is no longer valid."""
    body = f"您的{title_name}职称证书（编号{number}）已被撤销。{_opinion(reason)}"
    return Text("CERTIFICATE_REVOKED", "职称证书已撤销", body)


# -- to objectors and experts ---------------------------------------------------------


def objection_answered(answer: str, upheld: bool | None) -> Text:
    """The objector is told how the objection was handled (MTG-33)."""
    result = {True: "异议成立。", False: "异议不成立。", None: ""}[upheld]
    return Text("OBJECTION_ANSWERED", "公示异议答复", f"您提出的公示异议已处理。{result}{answer}")


def seat_taken() -> Text:
    """An expert is on the attendance list."""
    body = "您已列入评审会议参评专家名单，请在评审期间登录专家端查阅材料并投票。"
    return Text("SEAT_TAKEN", "参评通知", body)


def seat_left() -> Text:
    """An expert is off the attendance list."""
    return Text("SEAT_LEFT", "参评变更通知", "您已不在评审会议参评专家名单中，无需参会。")


# -- to handlers and units ------------------------------------------------------------


def unit_opened(unit_name: str) -> Text:
    """A superior created the unit, or passed its registration."""
    body = f"{unit_name}已获得授权，请以单位身份重新登录后办理职称业务。"
    return Text("UNIT_AUTHORISED", "单位注册审核通过", body)


def registration_returned(unit_name: str, reason: str) -> Text:
    """The superior returned the registration."""
    body = f"{unit_name}的用户权限申请被退回，请修改后重新提交。{_opinion(reason)}"
    return Text("UNIT_RETURNED", "单位注册被退回", body)


def superior_changed(agreed: bool, reason: str) -> Text:
    """The new superior decided."""
    if agreed:
        return Text("SUPERIOR_CHANGED", "上级单位变更通过", "本单位的上级单位变更申请已通过。")
    return Text(
        "SUPERIOR_CHANGE_REFUSED", "上级单位变更未通过", f"本单位的上级单位变更申请未通过。{_opinion(reason)}"
    )


def filing_returned(committee: str, reason: str) -> Text:
    """A committee's filing was not passed."""
    body = f"{committee}的备案审核不通过，请修改后重新提交。{_opinion(reason)}"
    return Text("FILING_RETURNED", "评委会备案被退回", body)


def committee_filed(committee: str, valid_until: str) -> Text:
    """A committee is filed."""
    validity = f"，有效期至{valid_until}" if valid_until else ""
    return Text("COMMITTEE_FILED", "评委会已备案", f"{committee}已备案{validity}。")


def filing_expired(committee: str) -> Text:
    """A filing's validity ended."""
    return Text("FILING_EXPIRED", "评委会备案已到期", f"{committee}的备案已到期，请重新提交备案申请。")


def campaign_returned(campaign: str, reason: str) -> Text:
    """A campaign was returned for correction."""
    return Text(
        "CAMPAIGN_RETURNED", "评审活动被退回", f"{campaign}被退回，请修改后重新提交。{_opinion(reason)}"
    )


def campaign_published(campaign: str) -> Text:
    """A campaign can be found by applicants."""
    return Text("CAMPAIGN_PUBLISHED", "评审活动已发布", f"{campaign}已审核通过并发布。")
