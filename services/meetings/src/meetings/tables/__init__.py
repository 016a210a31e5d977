"""What meetings keeps, and its copies of what others know."""

from meetings.tables.known import (
    KnownApplication,
    KnownCampaign,
    KnownCertificate,
    KnownCommittee,
    KnownExpert,
    KnownUnit,
)
from meetings.tables.meeting import Draw, DrawPlace, Material, Meeting, Opinion, Recusal, Reviewer, Seat
from meetings.tables.results import Candidacy, IssuingInformation, Objection, Publicity, QualificationDocument
from meetings.tables.voting import Ballot, RoundLine, VotingRound

__all__ = [
    "Ballot",
    "Candidacy",
    "Draw",
    "DrawPlace",
    "IssuingInformation",
    "KnownApplication",
    "KnownCampaign",
    "KnownCertificate",
    "KnownCommittee",
    "KnownExpert",
    "KnownUnit",
    "Material",
    "Meeting",
    "Objection",
    "Opinion",
    "Publicity",
    "QualificationDocument",
    "Recusal",
    "Reviewer",
    "RoundLine",
    "Seat",
    "VotingRound",
]
