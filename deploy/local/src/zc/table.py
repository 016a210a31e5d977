"""The one table of the suite: services, ports, buckets and settings.

The launcher runs what it says; the compose file, the Kubernetes manifests and the gateway's file are
generated from it or tested against it.
"""

from dataclasses import dataclass

from contracts.topics import TOPICS, Topic

__all__ = ["QUARANTINE", "SERVERS", "SERVICES", "TOPICS", "Server", "Service", "Topic", "buckets", "service"]


@dataclass(frozen=True, slots=True)
class Service:
    """One deployable: its module, its port, and which native libraries it must find."""

    name: str
    port: int
    prints: bool = False
    """Whether it renders PDF, and so needs Pango, HarfBuzz and a CJK font."""

    @property
    def prefix(self) -> str:
        """What the names of its own settings start with."""
        return f"{self.name.upper()}_"

    @property
    def database(self) -> str:
        """The name of its database."""
        return self.name

    @property
    def owner(self) -> str:
        """The role that migrates."""
        return f"{self.name}_owner"

    @property
    def app(self) -> str:
        """The role that serves and owns nothing."""
        return f"{self.name}_app"

    @property
    def bucket(self) -> str:
        """The bucket of its files that were checked, named by content."""
        return self.name

    @property
    def public_path(self) -> str:
        """Where the gateway finds it."""
        return f"/api/v1/{self.name}/"

    @property
    def address_variable(self) -> str:
        """The variable that tells the gateway its address."""
        return f"{self.name.upper()}_ADDRESS"


@dataclass(frozen=True, slots=True)
class Server:
    """One server that the services lean on, and the port it takes unless that is busy."""

    name: str
    port: int


SERVICES: tuple[Service, ...] = (
    Service("identity", 8101),
    Service("units", 8102),
    Service("applications", 8103),
    Service("committees", 8104),
    Service("meetings", 8105, prints=True),
    Service("certificates", 8106, prints=True),
    Service("notices", 8107),
)

QUARANTINE = "quarantine"
"""The one bucket that clients upload to, with a prefix for each service."""

SERVERS: tuple[Server, ...] = (
    Server("gateway", 8080),
    Server("gateway-ping", 8099),
    Server("postgres", 5433),
    Server("kafka", 9092),
    Server("kafka-controller", 9093),
    Server("s3", 9000),
    Server("platform", 8090),
)


def service(name: str) -> Service:
    """The row of a service; raises `KeyError` for a name that is none."""
    return {row.name: row for row in SERVICES}[name]


def buckets() -> tuple[str, ...]:
    """Every bucket of the S3 store."""
    return (QUARANTINE, *(row.bucket for row in SERVICES))
