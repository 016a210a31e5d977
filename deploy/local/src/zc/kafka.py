"""The local Kafka broker: its jars by Maven, and one KRaft node."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from zc.home import HOST, Home
from zc.trouble import Trouble, said_plainly

POM = Path(__file__).parents[2] / "kafka" / "pom.xml"
JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")  # fmt: skip


def jars() -> Path:
    """The folder of the broker's jars, in a cache that all stacks of an account share."""
    root = os.environ.get("ZC_CACHE") or Path.home() / ".cache" / "title-review"
    return Path(root).absolute() / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def fetch_jars() -> Path:
    """Lets Maven copy the jars into the cache unless they are there; raises `Trouble` when it cannot."""
    folder = jars()
    if folder.exists():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise Trouble("Maven is missing, which fetches Apache Kafka: install it (Debian: apt install maven).")
    scratch = folder.with_name(f"{folder.name}.{os.getpid()}")
    with said_plainly():
        scratch.mkdir(parents=True, exist_ok=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={scratch}", "-Dstyle.color=never"]
    # Java looks for the home directory in the account's entry and not in HOME, unless it is told.
    told = os.environ | {
        "MAVEN_OPTS": f"{os.environ.get('MAVEN_OPTS', '')} -Duser.home={Path.home()}".strip()
    }
    try:
        done = run([maven, "-q", "-B", "-f", str(POM), *goal], told)
        if done.returncode:
            words = [line for line in done.stdout.splitlines() if "ERROR" in line] or [done.stderr]
            raise Trouble(
                f"Maven could not fetch Apache Kafka: {words[0].removesuffix(' -> [Help 1]')[:300]}"
            )
        if not folder.exists():
            scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def java() -> str:
    """The path of Java; raises `Trouble` when it is missing or too old."""
    program = shutil.which("java")
    if program is None:
        raise Trouble("Java 17 is missing, which runs Apache Kafka: install it (Debian: apt install maven).")
    return program


def prepare_broker(home: Home, ports: Mapping[str, int]) -> list[str]:
    """Writes the broker's file, formats its empty directory, and returns the command that runs it."""
    program, classpath = java(), f"{fetch_jars()}/*"
    folder, data = home.root / "kafka", home.root / "kafka" / "data"
    with said_plainly():
        data.mkdir(parents=True, exist_ok=True)
        file = folder / "server.properties"
        file.write_text(_properties(data, ports["kafka"], ports["kafka-controller"]))
    if not (data / "meta.properties").exists():
        cluster = cluster_id()
        tool = [program, *JVM, "-cp", classpath, "kafka.tools.StorageTool"]
        done = run([*tool, "format", "-t", cluster, "-c", str(file)])
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines() or ["no reason"]
            raise Trouble(f"Apache Kafka could not format {data}: {words[-1][:300]}")
    return [program, *JVM, "-cp", classpath, "kafka.Kafka", str(file)]


def cluster_id(draw: Callable[[], uuid.UUID] = uuid.uuid4) -> str:
    """A new cluster's name: 22 letters that do not begin like an option, as the tool would take them for one."""
    while (name := base64.urlsafe_b64encode(draw().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return name


def run(command: list[str], told: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=told, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def _properties(data: Path, port: int, controller: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # After a power cut the broker waits until its former self is given up.
        "broker.session.timeout.ms": 4000,
        "broker.heartbeat.interval.ms": 1000,
        "log.retention.ms": -1,
        # Groups of services that were stopped for long keep their place.
        "offsets.retention.minutes": 525_600,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
