"""A certificate: printed, in force, revoked (LAW-21)."""

from enum import StrEnum

from refusals.machine import Machine, Move


class CertificateStatus(StrEnum):
    """What a certificate is worth; PRINTING is before the world may know of it."""

    PRINTING = "PRINTING"
    ISSUED = "ISSUED"
    REVOKED = "REVOKED"


class CertificateAct(StrEnum):
    """What can be done to a certificate."""

    NUMBER = "number"
    KEEP = "keep"
    REVOKE = "revoke"


CERTIFICATE = Machine(
    "certificate",
    (
        Move(None, CertificateAct.NUMBER, CertificateStatus.PRINTING, "system"),
        Move(CertificateStatus.PRINTING, CertificateAct.KEEP, CertificateStatus.ISSUED, "system"),
        Move(CertificateStatus.ISSUED, CertificateAct.REVOKE, CertificateStatus.REVOKED, "issuing unit"),
    ),
)
