"""The tools of operators, and a real Kubernetes API; `make test-deploy` brings both."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from zc.deployables import ROOT

sys.path.insert(0, str(Path(__file__).parent))  # what several modules share

TOOLS = Path(os.environ.get("ZC_CACHE", Path.home() / ".cache" / "title-review")) / "deploy-tools"
WANTED = os.environ.get("DEPLOY_TOOLS", "").split()
"""`base`, `apiserver`: which tools must be there; without it what is missing is skipped."""


def find(name: str, group: str = "base") -> str:
    """The path of a tool, of ours before the machine's."""
    path = TOOLS / name
    found = str(path) if path.exists() else shutil.which(name)
    if found is None:
        assert group not in WANTED, f"{name} is missing"
        pytest.skip(f"{name} is missing: deploy/supply-chain/tools.sh brings it")
    return found


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """Finds a tool, or skips."""
    return find


@pytest.fixture(scope="session")
def supply_chain() -> Callable[[str], Any]:
    """Imports a script of `deploy/supply-chain`."""

    def load(name: str) -> Any:
        spec = importlib.util.spec_from_file_location(name, ROOT / "deploy" / "supply-chain" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, supply_chain: Callable[[str], Any]) -> Iterator[Any]:
    """A real Kubernetes API, with the resources of others defined; nothing is ever scheduled."""
    if "apiserver" not in WANTED:
        pytest.skip("half a minute of a core: `make test-deploy` asks a real Kubernetes API")
    apiserver, etcd = (find(name, "apiserver") for name in ("kube-apiserver", "etcd"))
    folder = tmp_path_factory.mktemp("cluster")
    with supply_chain("apiserver").Cluster(folder, apiserver, etcd, TOOLS / "crds") as running:
        yield running
