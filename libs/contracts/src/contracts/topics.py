"""The topic registry: only the owner writes a topic; types share one so that a history stays ordered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic; kept for ever (`retention.ms=-1`), compacted only where events are state alone."""

    name: str
    partitions: int = 3
    compacted: bool = False

    @property
    def owner(self) -> str:
        """The one service that writes it."""
        return self.name.split(".")[0]


_HOT = 12  # scaled in review season

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("identity.key", partitions=1),
        Topic("identity.person"),
        Topic("identity.role"),
        Topic("identity.staff"),
        Topic("identity.system", partitions=1),
        Topic("units.unit"),
        Topic("units.posts"),
        Topic("units.supervision"),
        Topic("committees.committee"),
        Topic("committees.expert"),
        Topic("committees.campaign"),
        Topic("applications.application", partitions=_HOT),
        Topic("meetings.meeting"),
        Topic("meetings.seat"),
        Topic("meetings.ballot", partitions=_HOT),
        Topic("meetings.candidacy", partitions=_HOT),
        Topic("meetings.publicity"),
        Topic("meetings.objection"),
        Topic("meetings.issuing-information"),
        Topic("certificates.certificate", partitions=_HOT),
        Topic("certificates.batch"),
        Topic("notices.announcement"),
        Topic("notices.message"),
    )
}
