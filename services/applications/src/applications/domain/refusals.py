"""Why an application is not taken, not submitted or not vetted."""

from refusals import Kind, Refusal


class IdNumberNeeded(Refusal):
    """首次申报须填写证件号码。"""

    slug, kind = "id-number-needed", Kind.INVALID


class NotYourIdNumber(Refusal):
    """证件号码与登录身份不一致。"""

    slug, kind = "id-number-not-yours", Kind.INVALID


class NotInService(Refusal):
    """离退休人员不能申报职称。"""

    slug, kind = "not-in-service", Kind.CONFLICT


class UnderPunishment(Refusal):
    """受处分期间不能申报职称。"""

    slug, kind = "under-punishment", Kind.CONFLICT


class EmployerNotAuthorised(Refusal):
    """所选工作单位尚未获得授权。"""

    slug, kind = "employer-not-authorised", Kind.CONFLICT


class CommitteeNotResponsible(Refusal):
    """所选评审委员会的评审区域不包括工作单位所在地区。"""

    slug, kind = "committee-not-responsible", Kind.CONFLICT


class CommitteeDoesNotReview(Refusal):
    """所选评审委员会不评审该系列、层级或专业。"""

    slug, kind = "committee-does-not-review", Kind.CONFLICT


class EntrustmentNotOffered(Refusal):
    """本地区已有可以评审的评审委员会，不能委托评审。"""

    slug, kind = "entrustment-not-offered", Kind.CONFLICT


class NatureNotAdmitted(Refusal):
    """所选评审委员会不受理该性质单位的申报人。"""

    slug, kind = "unit-nature-not-admitted", Kind.CONFLICT


class NoCampaign(Refusal):
    """所选年度暂未发布评审活动。"""

    slug, kind = "no-campaign", Kind.CONFLICT


class CampaignNotOpen(Refusal):
    """评审活动当前不接收申报。"""

    slug, kind = "campaign-not-open", Kind.CONFLICT


class TitleNotOpened(Refusal):
    """本次评审活动未开放所选专业或资格名称。"""

    slug, kind = "title-not-opened", Kind.CONFLICT


class AlreadyApplied(Refusal):
    """本年度已有申报。"""

    slug, kind = "already-applied", Kind.CONFLICT


class YearLocked(Refusal):
    """本年度审核结果为不通过，当年不能再次申报。"""

    slug, kind = "year-locked", Kind.CONFLICT


class Frozen(Refusal):
    """提交后不能修改。"""

    slug, kind = "application-frozen", Kind.CONFLICT


class NotDiscardable(Refusal):
    """当前状态不能作废。"""

    slug, kind = "application-not-discardable", Kind.CONFLICT


class Incomplete(Refusal):
    """申报材料不完整或有误，不能提交。"""

    slug, kind = "application-incomplete", Kind.INVALID


class DeadlinePassed(Refusal):
    """已过提交截止时间。"""

    slug, kind = "deadline-passed", Kind.CONFLICT


class ReceiptOver(Refusal):
    """已过评审委员会接收申报截止时间。"""

    slug, kind = "receipt-over", Kind.CONFLICT


class EmployerFilesMissing(Refusal):
    """单位上报材料不完整。"""

    slug, kind = "employer-files-missing", Kind.INVALID


class PublicityTooShort(Refusal):
    """单位内部公示时间不足。"""

    slug, kind = "employer-publicity-too-short", Kind.INVALID


class LetterMissing(Refusal):
    """委托评审须上传委托评审函。"""

    slug, kind = "entrustment-letter-missing", Kind.INVALID


class NotYoursToEntrust(Refusal):
    """只有主管部门或人社部门可以办理委托评审。"""

    slug, kind = "not-yours-to-entrust", Kind.FORBIDDEN


class NoticeNeeded(Refusal):
    """材料问题须先一次性告知并退回补正，不能直接不予通过。"""

    slug, kind = "defect-notice-needed", Kind.CONFLICT


class DefectsToldOnce(Refusal):
    """材料问题应当一次性告知。"""

    slug, kind = "defects-told-once", Kind.CONFLICT


class ModuleUnknown(Refusal):
    """本申报没有该表单模块。"""

    slug, kind = "module-unknown", Kind.MISSING


class ModuleReadOnly(Refusal):
    """该模块由外部数据填充，不能填写。"""

    slug, kind = "module-read-only", Kind.CONFLICT


class ChangeNotAllowed(Refusal):
    """评审委员会接收后不能再变更层级或评价方式。"""

    slug, kind = "change-not-allowed", Kind.CONFLICT


class NotACentralUnit(Refusal):
    """只有中央在川单位人员可以选择中央单位委托评审。"""

    slug, kind = "not-a-central-unit", Kind.CONFLICT
