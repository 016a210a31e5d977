"""What every Kubernetes document is made of: names, labels, and pods without powers."""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]

NO_POWERS = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
AUTHORITIES = {"name": "authorities", "configMap": {"name": "authorities", "optional": True}}
TRUSTING = {"name": "authorities", "mountPath": "/etc/title-review/authorities", "readOnly": True}
"""Certificates of authorities that a deployment trusts, besides those that everybody does."""
_UNPRIVILEGED = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "fsGroup": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def labels_of(**labels: str) -> dict[str, str]:
    """The recommended labels of these kinds."""
    return {f"app.kubernetes.io/{key}": value for key, value in labels.items()}


def meta(called: str, **labels: str) -> dict[str, Any]:
    """A document's name and labels."""
    return {"name": called, "labels": labels_of(**{"part-of": "title-review"}, **labels)}


def pod(container: dict[str, Any], *volumes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A pod of one container that runs unprivileged and may write to `/tmp` only."""
    scratch = {"name": "scratch", "mountPath": "/tmp"}
    container = container | {"volumeMounts": [scratch, *container.get("volumeMounts", [])]}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,  # else another service's address looks like a setting
        "securityContext": _UNPRIVILEGED,
        "containers": [container | {"securityContext": NO_POWERS}],
        "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}, *volumes],
    } | more


def projection(secret: str, keys: list[str], *, optional: bool = False) -> dict[str, Any]:
    """A secret's keys as files of the same names; without the optional ones a pod starts all the same."""
    source: dict[str, Any] = {"name": secret, "items": [{"key": key, "path": key} for key in keys]}
    return {"secret": source | ({"optional": True} if optional else {})}


def job(called: str, pod_spec: dict[str, Any], **labels: str) -> Manifest:
    """A job that vanishes when it is done, so that the next release can apply it anew."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": meta(called, **labels),
        "spec": {
            "backoffLimit": 6,
            "ttlSecondsAfterFinished": 600,
            "template": {
                "metadata": {"labels": labels_of(**labels)},
                "spec": pod_spec | {"restartPolicy": "OnFailure"},
            },
        },
    }
