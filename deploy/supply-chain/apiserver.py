"""A real Kubernetes API without a cluster: etcd and kube-apiserver as processes, asked what they would take."""

from __future__ import annotations

import json
import re
import secrets
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

Document = dict[str, Any]
HOST = "127.0.0.1"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Cluster:
    """`with Cluster(…) as cluster: cluster.apply(document, dry_run=True)`; nothing is ever scheduled."""

    def __init__(self, folder: Path, apiserver: str, etcd: str, crds: Path) -> None:
        self._folder, self._apiserver, self._etcd, self._crds = folder, apiserver, etcd, crds
        self._processes: list[subprocess.Popen[bytes]] = []
        self._plurals: dict[tuple[str, str], tuple[str, bool]] = {}

    def __enter__(self) -> Cluster:
        try:
            self._start()
            self._define()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def apply(self, document: Document, *, dry_run: bool = False) -> str | None:
        """Applies on the server's side, strictly; None when it was taken, else why not."""
        version, kind = document["apiVersion"], document["kind"]
        plural, namespaced = self._plural(version, kind)
        root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
        meta = document["metadata"]
        place = f"/namespaces/{meta['namespace']}" if namespaced else ""
        return self._patch(f"{root}{place}/{plural}/{meta['name']}", yaml.safe_dump(document), dry_run)

    def kubeconfig(self) -> Path:
        """A file by which kubectl finds the server and is its administrator."""
        file = self._folder / "kubeconfig.yaml"
        server = {"server": str(self._http.base_url), "insecure-skip-tls-verify": True}
        context = {"cluster": "test", "user": "admin"}
        file.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": "test", "context": context}],
        }))  # fmt: skip
        return file

    def _patch(self, path: str, document: str, dry_run: bool) -> str | None:
        query = {"fieldManager": "test", "fieldValidation": "Strict", "force": "true"}
        query |= {"dryRun": "All"} if dry_run else {}
        answer = self._http.patch(
            path, params=query, content=document.encode(),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )  # fmt: skip
        return None if answer.is_success else str(answer.json().get("message", answer.text))

    def _plural(self, version: str, kind: str) -> tuple[str, bool]:
        if (version, kind) not in self._plurals:
            root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
            for row in self._http.get(root).raise_for_status().json()["resources"]:
                if "/" not in row["name"]:
                    self._plurals[version, row["kind"]] = (row["name"], row["namespaced"])
        return self._plurals[version, kind]

    def _start(self) -> None:
        client, peer, port = (_free_port() for _ in range(3))
        key, token = self._folder / "accounts.pem", secrets.token_hex(16)
        self._token = token
        key.write_bytes(_private_key())
        (self._folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
        store, peers = f"http://{HOST}:{client}", f"http://{HOST}:{peer}"
        self._run(
            "etcd", self._etcd, f"--data-dir={self._folder / 'etcd'}", f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}", f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}",
        )  # fmt: skip
        self._run(
            "apiserver", self._apiserver, f"--etcd-servers={store}", f"--bind-address={HOST}",
            f"--secure-port={port}", f"--cert-dir={self._folder / 'certificates'}", "--authorization-mode=RBAC",
            f"--token-auth-file={self._folder / 'tokens.csv'}", "--service-account-issuer=https://test",
            f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount",
        )  # fmt: skip
        self._http = httpx.Client(
            base_url=f"https://{HOST}:{port}", verify=False, timeout=30, trust_env=False,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        self._wait_until(lambda: self._http.get("/readyz").is_success)

    def _define(self) -> None:
        """Teaches the server the kinds of others, as their authors define them."""
        defined = []
        for file in sorted(self._crds.rglob("*.yaml")):
            for text in re.split(r"^---$", file.read_text(), flags=re.M):
                name = re.search(r"^  name: (\S+)$", text, re.M)
                if name and re.search(r"^kind: CustomResourceDefinition$", text, re.M):
                    refusal = self._patch(f"{_DEFINITIONS}/{name[1]}", text, dry_run=False)
                    assert refusal is None, refusal
                    defined.append(name[1])
        self._wait_until(lambda: all(self._is_established(name) for name in defined))

    def _is_established(self, name: str) -> bool:
        found = self._http.get(f"{_DEFINITIONS}/{name}").json()
        conditions = found.get("status", {}).get("conditions", [])
        return any(row["type"] == "Established" and row["status"] == "True" for row in conditions)

    def _wait_until(self, condition: Any, patience: float = 120) -> None:
        deadline = time.monotonic() + patience
        while True:
            for process in self._processes:
                if process.poll() is not None:
                    raise RuntimeError(f"{process.args!r} ended; see {self._folder}")
            try:
                if condition():
                    return
            except (httpx.HTTPError, json.JSONDecodeError):
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"the API server is not ready; see {self._folder}")
            time.sleep(0.2)

    def _run(self, name: str, *command: str) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
