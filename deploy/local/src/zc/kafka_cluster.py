"""Secured brokers: each knows its users by SCRAM, and lets them do what an ACL allows and nothing else.

Every node is broker and controller. Users exist from formatting on: without one nobody could add another.
"""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from zc.home import HOST, Home
from zc.kafka import JVM, cluster_id, fetch_jars, java, run
from zc.table import SERVICES
from zc.trouble import Trouble, said_plainly

ADMIN, NODE = "admin", "broker"
"""Who administers, and who the nodes are to each other; ACLs bind neither of them."""
MECHANISM = "SCRAM-SHA-256"
_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


def broker_names(brokers: int) -> tuple[str, ...]:
    """The children that are brokers, in the order of their numbers."""
    return tuple(f"kafka-{number}" for number in range(1, brokers + 1))


def password(home: Home, user: str) -> str:
    """The password of a user of the brokers, drawn on the first look."""
    return home.secret(f"kafka-{user}")


def prepare_cluster(home: Home, ports: Mapping[str, int], brokers: int) -> dict[str, list[str]]:
    """Writes every broker's file, formats what is empty, and returns child → the command that runs it."""
    program, classpath = java(), f"{fetch_jars()}/*"
    root = home.root / "kafka"
    cluster = _cluster_of(root) or cluster_id()
    commands: dict[str, list[str]] = {}
    for number, name in enumerate(broker_names(brokers), 1):
        data, file = root / name / "data", root / name / "server.properties"
        with said_plainly():
            data.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(_properties(home, ports, number, brokers))
        if not (data / "meta.properties").exists():
            _format([program, *JVM, "-cp", classpath], cluster, file, home)
        commands[name] = [program, *JVM, "-cp", classpath, "kafka.Kafka", str(file)]
    return commands


def _cluster_of(root: Path) -> str | None:
    """The cluster's name, as any node kept it; one that was emptied comes back to the others."""
    for file in sorted(root.glob("kafka-*/data/meta.properties")):
        if found := re.search(r"^cluster\.id=(\S+)$", file.read_text(), re.MULTILINE):
            return found[1]
    return None


def _format(tool: list[str], cluster: str, file: Path, home: Home) -> None:
    """Formats a node's directory with the first users, whose passwords the process list must not show."""
    users = [ADMIN, NODE, *(row.name for row in SERVICES)]
    scram = [f"{MECHANISM}=[name={user},password={password(home, user)}]" for user in users]
    words = [*tool[1:], "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(file)]
    words += [word for one in scram for word in ("--add-scram", one)]
    with tempfile.NamedTemporaryFile("w", suffix=".args") as arguments:  # which nobody else can read
        arguments.write("\n".join(f'"{word}"' for word in words))
        arguments.flush()
        done = run([tool[0], f"@{arguments.name}"])
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason"]
        raise Trouble(f"Apache Kafka could not format the data of {shlex.quote(str(file))}: {said[-1][:300]}")


def _properties(home: Home, ports: Mapping[str, int], number: int, brokers: int) -> str:
    names = broker_names(brokers)
    me, secret = names[number - 1], password(home, NODE)
    copies, needed = min(3, brokers), 2 if brokers > 2 else 1
    voters = (f"{n}@{HOST}:{ports[f'{name}-controller']}" for n, name in enumerate(names, 1))
    settings = {
        "process.roles": "broker,controller",
        "node.id": number,
        "controller.quorum.voters": ",".join(voters),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"CLIENT://{HOST}:{ports[me]},CONTROLLER://{HOST}:{ports[f'{me}-controller']}",
        "advertised.listeners": f"CLIENT://{HOST}:{ports[me]}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "CLIENT",
        "sasl.mechanism.inter.broker.protocol": MECHANISM,
        "listener.name.client.sasl.enabled.mechanisms": MECHANISM,
        "listener.name.client.scram-sha-256.sasl.jaas.config":
            f'{_SCRAM} required username="{NODE}" password="{secret}";',
        # Controllers meet before they can read who has which password.
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config":
            f'{_PLAIN} required username="{NODE}" password="{secret}" user_{NODE}="{secret}";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{ADMIN};User:{NODE}",
        "log.dirs": home.root / "kafka" / me / "data",
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": needed,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": needed,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": needed,
        "group.initial.rebalance.delay.ms": 0,
        # After a power cut the broker waits until its former self is given up.
        "broker.session.timeout.ms": 6000,
        "broker.heartbeat.interval.ms": 1000,
        "log.retention.ms": -1,
        "offsets.retention.minutes": 525_600,
    }  # fmt: skip
    return "".join(f"{name}={value}\n" for name, value in settings.items())
