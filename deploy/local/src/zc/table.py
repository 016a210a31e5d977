"""The one table of the suite: services, ports, buckets and settings.

The launcher runs what it says; the compose file, the Kubernetes manifests and the gateway's file are
generated from it or tested against it.
"""

from dataclasses import dataclass, replace

from contracts.topics import TOPICS, Topic

__all__ = [
    "LOCAL_ONLY", "OWN", "QUARANTINE", "SERVERS", "SERVICES", "SHARED", "TOPICS",
    "TUNING", "Server", "Service", "Setting", "Topic", "buckets", "service",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable that processes are given, and how an operator learns what it is for."""

    name: str
    meaning: str
    secret: bool = False
    migration: bool = False
    """Whether only the migration may know it."""
    given: bool = False
    """Whether an operator must give it, because nothing inside the suite knows it."""
    optional: bool = False
    """Whether a deployment may have nothing to put there."""
    usually: str = ""
    """What it is unless a deployment says otherwise."""
    example: str = ""
    """What an operator may imitate."""


SHARED: tuple[Setting, ...] = (
    Setting("PROVINCE", "the province pack of this deployment"),
    Setting("PUBLIC_BASE_URL", "the address of the gateway that people and portals use"),
    Setting("KAFKA_BOOTSTRAP_SERVERS", "the brokers"),
    Setting("S3_ENDPOINT", "the S3 store, as services reach it"),
    Setting("S3_PUBLIC_ENDPOINT", "the S3 store, as browsers reach it; presigned addresses carry it"),
    Setting("S3_REGION", "the region that presigned addresses carry"),
    Setting(
        "PERSON_REF_KEY",
        "the province's key that turns ID numbers into references; never changes",
        secret=True,
    ),
    Setting("SEAL_KEY", "32 bytes in hex that seal ID numbers at rest", secret=True),
    Setting(
        "SEAL_KEYS_OTHER", "keys that only open what they sealed: id:hex id:hex …", secret=True, optional=True
    ),
)
"""What every service is told under the same name."""

OWN: tuple[Setting, ...] = (
    Setting("HOST", "where it listens"),
    Setting("PORT", "where it listens"),
    Setting("DATABASE_URL", "its database, as the role that owns nothing", secret=True),
    Setting("OWNER_DATABASE_URL", "its database, as the role that migrates", secret=True, migration=True),
    Setting("S3_ACCESS_KEY", "its key of the S3 store", secret=True),
    Setting("S3_SECRET_KEY", "its key of the S3 store", secret=True),
    Setting("KAFKA_USERNAME", "its user at brokers that ask who comes"),
    Setting("KAFKA_PASSWORD", "its password there", secret=True, optional=True),
)
"""What every service is told under its own prefix."""

TUNING: tuple[Setting, ...] = (
    Setting(
        "KAFKA_SECURITY_PROTOCOL",
        "how the brokers are spoken to: PLAINTEXT, SASL_PLAINTEXT or SASL_SSL",
        usually="PLAINTEXT",
    ),
    Setting(
        "KAFKA_SASL_MECHANISM",
        "SCRAM-SHA-256, SCRAM-SHA-512 or PLAIN, unless PLAINTEXT",
        usually="SCRAM-SHA-256",
    ),
    Setting(
        "KAFKA_CA_FILE",
        "who signed the brokers' certificates: /etc/title-review/authorities/NAME.pem; the usual ones when empty",
    ),
    Setting("OTLP_ENDPOINT", "where spans are sent, such as http://collector:4318; nowhere when empty"),
    Setting("LOG_LEVEL", "how much is written", usually="INFO"),
    Setting("SEAL_KEY_ID", "the name of SEAL_KEY, kept beside what it seals", usually="k1"),
)
"""What containers may be told under the same name, and the launcher leaves as it is."""

LOCAL_ONLY = ("CLOCK_SHIFT_FILE", "SPANS_FILE", "WEBHOOK_PRIVATE_TARGETS")
"""What only the launcher tells: time travel, spans in a file, and webhooks to this machine."""


@dataclass(frozen=True, slots=True)
class Service:
    """One deployable: its module, its port, and which native libraries it must find."""

    name: str
    port: int
    prints: bool = False
    """Whether it renders PDF, and so needs Pango, HarfBuzz and a CJK font."""

    extra: tuple[Setting, ...] = ()
    """Settings that only it has, with their full names."""

    reads: tuple[str, ...] = ()
    """Other services' buckets that its key may read: what lies there under the hashes of their events."""

    @property
    def prefix(self) -> str:
        """What the names of its own settings start with."""
        return f"{self.name.upper()}_"

    def settings(self, *, migration: bool = False) -> tuple[Setting, ...]:
        """Every setting of its processes with its full name, or those of its migration."""
        own = tuple(replace(row, name=self.prefix + row.name) for row in OWN)
        return tuple(row for row in (*SHARED, *own, *self.extra) if migration or not row.migration)

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


_NAMES = ("identity", "units", "applications", "committees", "meetings", "certificates", "notices")

SERVICES: tuple[Service, ...] = (
    Service(
        "identity",
        8101,
        extra=(
            Setting(
                "IDENTITY_PLATFORM_ISSUER",
                "the provincial identity platform",
                given=True,
                example="http://sso.localhost:8180/realms/province",
            ),
            Setting("IDENTITY_PLATFORM_CLIENT_ID", "our name there", given=True, example="title-review"),
            Setting("IDENTITY_PLATFORM_CLIENT_SECRET", "our secret there", secret=True, given=True),
            Setting(
                "IDENTITY_PORTAL_CLIENTS",
                "the portals as JSON: client_id, name, redirect_uris",
                given=True,
                example='[{"client_id": "portal", "name": "门户", "redirect_uris": ["http://127.0.0.1:8080/callback"]}]',
            ),
        ),
    ),
    Service(
        "units",
        8102,
        extra=(
            Setting(
                "UNITS_ROOT_UNIT",
                "the provincial HR office as JSON, and its first handler",
                given=True,
                example='{"uscc": "…", "name": "…", "region": "510000", "nature": "…",'
                ' "handler": {"name": "…", "id_type": "RESIDENT_ID", "id_number": "…"}}',
            ),
        ),
    ),
    Service("applications", 8103),
    Service("committees", 8104),
    Service("meetings", 8105, prints=True),
    Service("certificates", 8106, prints=True, reads=("applications",)),
    Service(
        "notices",
        8107,
        extra=tuple(
            Setting(f"NOTICES_{name.upper()}_ADDRESS", "whose API document is merged") for name in _NAMES
        ),
    ),
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
