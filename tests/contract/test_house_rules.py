"""Rules that a machine checks on the source itself; each check is shown to find what it looks for."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    p for pattern in ("libs/*/src/**/*.py", "services/*/src/**/*.py", "deploy/local/src/**/*.py")
    for p in ROOT.glob(pattern) if "versions" not in p.parts
)  # fmt: skip
SERVICES = [p for p in SOURCES if p.is_relative_to(ROOT / "services")]
Check = Callable[[ast.AST], Iterator[int]]


def commits(tree: ast.AST) -> Iterator[int]:
    """Lines that commit."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield node.lineno


def clocks(tree: ast.AST) -> Iterator[int]:
    """Lines that ask the machine's clock for a date."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in ("now", "utcnow", "today")
            and isinstance(node.value, ast.Name)
            and node.value.id in ("datetime", "date")
        ):
            yield node.lineno


def undescribed_routes(tree: ast.AST) -> Iterator[int]:
    """Routes without a docstring or without a response model."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and any(
            map(_is_route, node.decorator_list)
        ):
            answers = node.returns is not None or any(
                "response_model" in _keywords(d) for d in node.decorator_list
            )
            if ast.get_docstring(node) is None or not answers:
                yield node.lineno


def _is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in ("get", "post", "put", "delete", "patch")
        and "access" in _keywords(decorator)
    )


def _keywords(call: ast.expr) -> set[str | None]:
    return {k.arg for k in call.keywords} if isinstance(call, ast.Call) else set()


def nameless_refusals(tree: ast.AST) -> Iterator[int]:
    """Refusals without a slug or a title."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            isinstance(b, ast.Name) and b.id == "Refusal" for b in node.bases
        ):
            names = {
                name.id for item in node.body if isinstance(item, ast.Assign | ast.AnnAssign)
                for target in (item.targets if isinstance(item, ast.Assign) else [item.target])
                for name in ast.walk(target) if isinstance(name, ast.Name)
            }  # fmt: skip
            if "slug" not in names or ast.get_docstring(node) is None:
                yield node.lineno


def careless_subscribers(tree: ast.AST) -> Iterator[int]:
    """Kafka subscribers that leave open when a message counts as done."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "subscriber"
        ) and "ack_policy" not in _keywords(node):
            yield node.lineno


def found(check: Check, files: list[Path]) -> list[str]:
    return [f"{p.relative_to(ROOT)}:{line}" for p in files for line in check(ast.parse(p.read_text()))]


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (commits, "db.commit()"),
        (clocks, "datetime.now()"),
        (clocks, "date.today()"),
        (undescribed_routes, "@router.get('/x', access=public())\nasync def f() -> int: ..."),
        (undescribed_routes, "@router.get('/x', access=public())\nasync def f():\n  'Doc.'"),
        (nameless_refusals, "class Sorry(Refusal): 'Title'"),
        (nameless_refusals, "class Sorry(Refusal): slug = 'sorry'"),
        (careless_subscribers, "broker.subscriber('topic')"),
    ],
)
def test_the_check_finds_what_it_looks_for(check: Check, source: str) -> None:
    assert list(check(ast.parse(source)))


def test_nothing_outside_the_chassis_commits() -> None:
    assert found(commits, SERVICES) == []


def test_nothing_but_the_clock_asks_the_time() -> None:
    ours = [p for p in SOURCES if p.is_relative_to(ROOT / "services") or p.is_relative_to(ROOT / "libs")]
    assert found(clocks, [p for p in ours if p.name != "clock.py"]) == []


def test_every_route_has_a_docstring_and_a_response_model() -> None:
    assert found(undescribed_routes, SERVICES) == []


def test_every_refusal_has_a_slug_and_a_title() -> None:
    assert found(nameless_refusals, SOURCES) == []


def test_every_subscriber_says_when_a_message_is_done() -> None:
    assert found(careless_subscribers, SOURCES) == []


def test_no_file_is_longer_than_a_sitting() -> None:
    assert [
        f"{p.relative_to(ROOT)}: {n}" for p in SOURCES if (n := len(p.read_text().splitlines())) > 340
    ] == []


def test_slugs_mean_one_thing_in_the_whole_suite() -> None:
    titles: dict[str, set[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(b, ast.Name) and b.id == "Refusal" for b in node.bases
            ):
                for item in node.body:
                    if isinstance(item, ast.Assign) and "slug" in ast.dump(item.targets[0]):
                        value = item.value.elts[0] if isinstance(item.value, ast.Tuple) else item.value
                        if isinstance(value, ast.Constant):
                            titles.setdefault(value.value, set()).add(
                                (ast.get_docstring(node) or "").splitlines()[0]
                            )
    assert {slug: t for slug, t in titles.items() if len(t) > 1} == {}
