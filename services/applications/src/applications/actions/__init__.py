"""Use cases with two callers: a route and a batch, a consumer or a deadline."""

from applications.actions.configuration import CORRECTION_OVER, lock_year, reassign_posts, route_of
from applications.actions.persons import merge_person
from applications.actions.vetting import Report, pass_on, reject, return_to_applicant, return_to_unit

__all__ = [
    "CORRECTION_OVER",
    "Report",
    "lock_year",
    "merge_person",
    "pass_on",
    "reassign_posts",
    "reject",
    "return_to_applicant",
    "return_to_unit",
    "route_of",
]
