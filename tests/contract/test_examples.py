"""The examples are other systems: they import nothing of ours and stand alone."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/pyproject.toml"))
DISTRIBUTIONS = {"confluent_kafka": "confluent-kafka"}  # where the two names differ


def imports(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add((node.module or "").split(".")[0])
    return found


def test_there_are_three() -> None:
    assert [path.name for path in EXAMPLES] == ["feed-copy", "kafka-copy", "webhook-copy"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_imports_what_it_declares_and_nothing_of_ours(example: Path) -> None:
    declared = tomllib.loads((example / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {requirement.split(">=")[0] for requirement in declared}
    [program] = example.glob("*.py")
    foreign = {name for name in imports(program) if name not in sys.stdlib_module_names}
    assert {DISTRIBUTIONS.get(name, name) for name in foreign} == names
    members = {path.name for path in ROOT.glob("*/*/src/*")}
    tests = {name for path in example.glob("tests/*.py") for name in imports(path)}
    assert not (tests | foreign) & members
    assert (
        "examples" not in (ROOT / "pyproject.toml").read_text().split("[tool.uv.workspace]")[1].split("[")[1]
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_says_how_to_run_it(example: Path) -> None:
    text = (example / "README.md").read_text()
    [program] = example.glob("*.py")
    assert f"python {program.name} --dump" in text
