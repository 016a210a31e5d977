"""Every permission of the suite, once: its label and who may hold it (requirements §2)."""

from dataclasses import dataclass
from enum import StrEnum


class Holder(StrEnum):
    """Who can hold a permission: a person as such, or staff acting for a kind of unit."""

    PERSON = "PERSON"  # every logged-in person, for their own affairs
    NEW_UNIT = "NEW_UNIT"  # a legal person whose unit is not authorised yet
    HR = "HR"
    SUPERVISING = "SUPERVISING"
    DECLARING = "DECLARING"
    SYSTEM = "SYSTEM"  # another information system


@dataclass(frozen=True, slots=True)
class Permission:
    """`<service>.<resource>.<action>`, its Chinese label and its possible holders."""

    name: str
    label: str
    holders: frozenset[Holder]


_UNITS = frozenset({Holder.HR, Holder.SUPERVISING, Holder.DECLARING})
_OFFICES = frozenset({Holder.HR, Holder.SUPERVISING})
_PERSON = frozenset({Holder.PERSON})
_SYSTEM = frozenset({Holder.SYSTEM})

PERMISSIONS: dict[str, Permission] = {
    permission.name: permission
    for permission in (
        Permission("identity.role.manage", "角色管理", _UNITS),
        Permission("identity.staff.manage", "人员管理", _UNITS),
        Permission("units.permission.request", "用户权限申请", frozenset({Holder.NEW_UNIT})),
        Permission("units.registration.vet", "单位注册审核", _UNITS),
        Permission("units.subordinate.manage", "下级单位管理", _UNITS),
        Permission("units.unit.edit", "本单位信息管理", _UNITS),
        Permission("units.posts.configure", "多岗审核配置", _UNITS),
        Permission("units.supervision.configure", "主管部门配置", _UNITS),
        Permission("applications.application.apply", "个人申报", _PERSON),
        Permission("applications.own-staff.vet", "本单位申报人员审核", _UNITS),
        Permission("applications.subordinate-staff.vet", "下级单位申报人员审核", _UNITS),
        Permission("applications.application.query", "申报信息查询", _UNITS),
        Permission("applications.eligibility.vet", "参评资格审核", _OFFICES),
        Permission("applications.dossier.read-as-expert", "评审材料查阅", _PERSON),
        Permission("committees.committee.manage", "评委会备案申请", _OFFICES),
        Permission("committees.filing.vet", "评委会备案审核", _OFFICES),
        Permission("committees.expert.manage", "专家库管理", _OFFICES),
        Permission("committees.expert.vet", "专家库审核", _OFFICES),
        Permission("committees.campaign.manage", "评审活动发布", _OFFICES),
        Permission("committees.campaign.vet", "评审活动审核", _OFFICES),
        Permission("meetings.meeting.manage", "评审会议管理", _OFFICES),
        Permission("meetings.ballot.cast", "专家投票", _PERSON),
        Permission("meetings.minutes.sign", "评审结果签署", _PERSON),
        Permission("meetings.publicity.manage", "评审公示管理", _OFFICES),
        Permission("meetings.confirmation.decide", "评审结果确认", _OFFICES),
        Permission("meetings.issuing-information.submit", "发证信息提交", _OFFICES),
        Permission("certificates.batch.vet", "发证信息审核", _OFFICES),
        Permission("certificates.certificate.issue", "证书发放", _OFFICES),
        Permission("certificates.certificate.own", "我的证书", _PERSON),
        Permission("certificates.feed.read", "证书事件拉取", _SYSTEM),
        Permission("certificates.webhook.manage", "证书事件推送订阅", _SYSTEM),
        Permission("notices.message.send", "消息推送", _UNITS),
        Permission("notices.message.unit-inbox", "单位消息与待办", _UNITS),
        Permission("notices.message.own-inbox", "我的消息", _PERSON),
        Permission("notices.announcement.manage", "通知公告管理", _OFFICES),
    )
}


def of_holder(*holders: Holder) -> frozenset[str]:
    """Names of the permissions that any of these holders may have."""
    return frozenset(name for name, p in PERMISSIONS.items() if p.holders & set(holders))
