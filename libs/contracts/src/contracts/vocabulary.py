"""Words that several services use in their events: the field's standard terms."""

from enum import StrEnum


class Level(StrEnum):
    """层级."""

    JUNIOR = "JUNIOR"
    INTERMEDIATE = "INTERMEDIATE"
    DEPUTY_SENIOR = "DEPUTY_SENIOR"
    FULL_SENIOR = "FULL_SENIOR"


class UnitKind(StrEnum):
    """单位类别: what a unit may do in title business."""

    HR = "HR"
    SUPERVISING = "SUPERVISING"
    DECLARING = "DECLARING"
    AUTONOMOUS_UNIT = "AUTONOMOUS_UNIT"
    CENTRAL_UNIT = "CENTRAL_UNIT"
    AGENCY = "AGENCY"


class Matter(StrEnum):
    """What a unit vets, each with its own plan of posts (UNT-13)."""

    COMMITTEE_FILING = "COMMITTEE_FILING"
    CAMPAIGN = "CAMPAIGN"
    APPLICATION = "APPLICATION"


class EvaluationMethod(StrEnum):
    """评价方式."""

    REVIEW = "REVIEW"
    INITIAL = "INITIAL"
    ENTRUSTED = "ENTRUSTED"
    CENTRAL_ENTRUSTED = "CENTRAL_ENTRUSTED"
