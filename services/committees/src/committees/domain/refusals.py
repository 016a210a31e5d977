"""What committees refuses, each with its permanent slug."""

from refusals import Kind, Refusal


class ScopeRefused(Refusal):
    """评委会的评审范围或组成不符合规定。"""

    slug, kind = "committee-scope-refused", Kind.INVALID


class FilingIncomplete(Refusal):
    """备案材料尚不完整，不能提交备案。"""

    slug, kind = "filing-incomplete", Kind.CONFLICT


class UnitNotCompetent(Refusal):
    """所选单位没有相应的授权或备案权限。"""

    slug, kind = "unit-not-competent", Kind.INVALID


class NotYetExpiring(Refusal):
    """备案仍在有效期内，尚未到重新备案的时间。"""

    slug, kind = "filing-not-yet-expiring", Kind.CONFLICT


class FilingNotValid(Refusal):
    """评委会未备案或备案已过期，不能开展评审活动。"""

    slug, kind = "filing-not-valid", Kind.CONFLICT


class ExpertExists(Refusal):
    """该专家已在本评委会专家库中。"""

    slug, kind = "expert-exists", Kind.CONFLICT


class ExpertRefused(Refusal):
    """专家信息不符合要求。"""

    slug, kind = "expert-refused", Kind.INVALID


class OpinionRequired(Refusal):
    """退回须写明原因。"""

    slug, kind = "opinion-required", Kind.INVALID


class OwnExpert(Refusal):
    """不能审核本人的专家资格。"""

    slug, kind = "own-expert", Kind.FORBIDDEN


class NotChecked(Refusal):
    """该批数据尚未检查完成，或已经导入。"""

    slug, kind = "import-not-checked", Kind.CONFLICT


class ModuleOutOfOrder(Refusal):
    """请先保存前一模块。"""

    slug, kind = "module-out-of-order", Kind.CONFLICT


class ModulesMissing(Refusal):
    """五个模块须全部保存后才能提交。"""

    slug, kind = "modules-missing", Kind.CONFLICT


class DeadlinesOutOfOrder(Refusal):
    """时间先后顺序不正确。"""

    slug, kind = "deadlines-out-of-order", Kind.INVALID


class DeadlineMovedEarlier(Refusal):
    """已发布的评审活动只能延后截止时间。"""

    slug, kind = "deadline-moved-earlier", Kind.INVALID


class DeadlinePassed(Refusal):
    """截止时间已过。"""

    slug, kind = "campaign-time-passed", Kind.CONFLICT


class GroupMethodRefused(Refusal):
    """设置专业组时须选择分组方式，不设置时不能选择。"""

    slug, kind = "group-method-refused", Kind.INVALID


class AnnualExists(Refusal):
    """该评委会本年度已有年度评审活动。"""

    slug, kind = "annual-campaign-exists", Kind.CONFLICT


class OpenedOutsideFiling(Refusal):
    """开设的级别或专业不在备案范围之内。"""

    slug, kind = "opened-outside-filing", Kind.INVALID


class ModuleRefused(Refusal):
    """模块内容不符合要求。"""

    slug, kind = "module-refused", Kind.INVALID


class CampaignTooLarge(Refusal):
    """评审活动的内容过多。"""

    slug, kind = "campaign-too-large", Kind.INVALID


class CertificatesMissing(Refusal):
    """评审通过人员的证书尚未全部发放，不能办结。"""

    slug, kind = "certificates-missing", Kind.CONFLICT
