"""Users of the secured brokers and what they may do; another system gets a user of its own."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import DescribeAclsRequest
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)
from contracts.topics import TOPICS

from zc.kafka_access import Grant
from zc.trouble import Trouble

OUTSIDE = "outside-"
"""What the names of other systems' users begin with, so that none is ever taken for a service."""
_PATIENCE = 60.0
_ITERATIONS = 8192
_ANY = 1  # in the protocol: every resource, every name, every operation


def outside_user(name: str) -> str:
    """The user of another system; raises `Trouble` for a name that could mean somebody else."""
    plain = name.removeprefix(OUTSIDE)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", plain):
        raise Trouble(f"{name} is no name for another system: small letters, digits and single hyphens.")
    return OUTSIDE + plain


def outside_grants(user: str, topics: Iterable[str]) -> set[Grant]:
    """What another system may do: read these topics, in groups that bear its name."""
    wanted = set(topics)
    if unknown := sorted(wanted - set(TOPICS)):
        raise Trouble(f"There is no topic {', '.join(unknown)}; there are {', '.join(TOPICS)}.")
    return {
        *(Grant(user, "READ", "TOPIC", topic) for topic in wanted),
        Grant(user, "READ", "GROUP", user),
        Grant(user, "READ", "GROUP", f"{user}.", prefixed=True),
    }


def await_brokers(client: dict[str, Any], brokers: int) -> None:
    """Waits until so many brokers belong to the cluster: before, no topic can have that many copies."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # brokers that are still starting are no news

    async def present() -> bool:
        async with _asking(client) as admin:
            return len((await admin.describe_cluster())["brokers"]) >= brokers

    _wait(lambda: asyncio.run(present()), f"{brokers} brokers did not find together")


def set_passwords(client: dict[str, Any], passwords: Mapping[str, str]) -> None:
    """Makes these users, or changes their passwords."""
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, _ITERATIONS)
    changes: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(user, scram, told.encode()) for user, told in passwords.items()
    ]
    admin = _admin(client)  # which ends, and with it what was asked, when nobody holds it
    with _plainly():
        _done(admin.alter_user_scram_credentials(changes).values())


def allow(client: dict[str, Any], users: Iterable[str], wanted: set[Grant]) -> None:
    """Lets these users do exactly what is wanted, and returns when every broker knows."""
    admin, people = _admin(client), {f"User:{user}" for user in users}
    due = {_binding(grant) for grant in wanted}
    with _plainly():
        present = _present(admin, people)
        if new := list(due - present):
            _done(admin.create_acls(new).values())
        if old := present - due:
            _done(admin.delete_acls([_filter(acl) for acl in old]).values())
    if new or old:
        _wait(lambda: asyncio.run(_everybody_knows(client, people, len(due))), "The brokers forgot an ACL")


def granted(client: dict[str, Any], users: Iterable[str]) -> set[Grant]:
    """What these users may do."""
    with _plainly():
        present = _present(_admin(client), {f"User:{user}" for user in users})
    return {
        Grant(
            acl.principal.removeprefix("User:"), _name(acl.operation), _name(acl.restype), acl.name,
            acl.resource_pattern_type is ResourcePatternType.PREFIXED,
        )
        for acl in present
    }  # fmt: skip


def _name(value: Any) -> str:
    return str(value.name)


def _present(admin: AdminClient, people: set[str]) -> set[AclBinding]:
    anything: Any = None
    everything = AclBindingFilter(
        ResourceType.ANY, anything, ResourcePatternType.ANY, anything, anything, AclOperation.ANY,
        AclPermissionType.ANY,
    )  # fmt: skip
    return {acl for acl in admin.describe_acls(everything).result(_PATIENCE) if acl.principal in people}


async def _everybody_knows(client: dict[str, Any], people: set[str], count: int) -> bool:
    """Whether each broker, asked alone, tells as many ACLs: they learn of them one after the other."""
    async with _asking(client) as admin:
        nodes = [row["node_id"] for row in (await admin.describe_cluster())["brokers"]]
        for node in nodes:
            request = DescribeAclsRequest(
                resource_type=_ANY, resource_name=None, resource_pattern_type_filter=_ANY,
                principal=None, host=None, operation=_ANY, permission_type=_ANY,
            )  # fmt: skip
            answer = await admin._send_request_to_node(node, request)
            told = sum(acl[0] in people for resource in answer.resources for acl in resource[-1])
            if told != count:
                return False
    return True


class _asking:
    """An administrator's connection for as long as this lasts."""

    def __init__(self, client: dict[str, Any]) -> None:
        self._admin = AIOKafkaAdminClient(**client)

    async def __aenter__(self) -> AIOKafkaAdminClient:
        try:
            await self._admin.start()
        except BaseException:
            await self._admin.close()
            raise
        return self._admin

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()


class _plainly:
    """Says in one sentence what the brokers refused."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, KafkaException):
            raise Trouble(f"Apache Kafka refused: {error.args[0].str()}") from error
        if isinstance(error, TimeoutError):
            raise Trouble(f"Apache Kafka did not answer ({_PATIENCE:.0f} s).") from error


def _admin(client: dict[str, Any]) -> AdminClient:
    quiet = logging.getLogger("zc.kafka")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    return AdminClient(
        {
            "bootstrap.servers": client["bootstrap_servers"],
            "security.protocol": client["security_protocol"],
            "sasl.mechanism": client["sasl_mechanism"],
            "sasl.username": client["sasl_plain_username"],
            "sasl.password": client["sasl_plain_password"],
        },
        logger=quiet,
    )


def _done(answers: Iterable[Future[Any]]) -> None:
    for answer in answers:
        answer.result(_PATIENCE)


def _binding(grant: Grant) -> AclBinding:
    return AclBinding(
        ResourceType[grant.kind], grant.name,
        ResourcePatternType.PREFIXED if grant.prefixed else ResourcePatternType.LITERAL,
        f"User:{grant.user}", "*", AclOperation[grant.operation], AclPermissionType.ALLOW,
    )  # fmt: skip


def _filter(acl: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        acl.restype, acl.name, acl.resource_pattern_type, acl.principal, acl.host, acl.operation,
        acl.permission_type,
    )  # fmt: skip


def _wait(holds: Callable[[], bool], otherwise: str) -> None:
    deadline, why = time.monotonic() + _PATIENCE, ""
    while True:
        try:
            if holds():
                return
        except (KafkaError, OSError, TimeoutError) as error:
            why = f": {type(error).__name__}"
        if time.monotonic() > deadline:
            raise Trouble(f"{otherwise} ({_PATIENCE:.0f} s){why}.")
        time.sleep(0.2)


def client_settings(client: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """What another system's client is told, in the words that every Kafka client understands."""
    user = client["sasl_plain_username"]
    return [
        ("bootstrap.servers", client["bootstrap_servers"]),
        ("security.protocol", client["security_protocol"]),
        ("sasl.mechanism", client["sasl_mechanism"]),
        ("sasl.username", user),
        ("sasl.password", client["sasl_plain_password"]),
        ("group.id", user),
    ]
