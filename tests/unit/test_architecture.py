"""The one-way flow of the house: no arrow runs back up, and light packages stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "planner.allocation": {
        "planner.allocation",
        "planner.siting",
        "planner.solver",
        "planner.errors",
    },
    "planner.siting": {"planner.siting", "planner.solver", "planner.errors"},
    "planner.solver": {"planner.errors"},
    "planner.accessibility": {"planner.accessibility", "planner.siting.inputs", "planner.errors"},
    "planner.equity": {"planner.equity", "planner.accessibility", "planner.errors"},
    "planner.staffing": {
        "planner.staffing",
        "planner.siting.inputs",
        "planner.solver",
        "planner.travel",
        "planner.standard",
        "planner.errors",
        "geodata",
    },
    "planner.figures": {"planner.equity", "planner.messages", "planner.errors", "geodata"},
    "planner.maps": {
        "planner.maps",
        "planner.figures",
        "planner.messages",
        "planner.errors",
        "planner.plan",
        "geodata",
    },
}


def modules() -> dict[str, Path]:
    found = {}
    for package in ("geodata", "planner"):
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imports(name: str, path: Path) -> set[str]:
    """Return the modules of ours that a module imports, as full names; not those for types only."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        waiting += ast.iter_child_nodes(node)
    known = modules()
    return {module for module in found if module in known and module != name}


def test_geodata_knows_nothing_of_the_planner():
    for name, path in modules().items():
        if name.startswith("geodata"):
            assert not {m for m in imports(name, path) if m.startswith("planner")}, name


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_stands_above_it(room):
    for name, path in modules().items():
        if name == room or name.startswith(room + "."):
            for module in imports(name, path) - {"planner", room}:
                allowed = MAY_IMPORT[room]
                assert any(module == a or module.startswith(a + ".") for a in allowed), (
                    f"{name} imports {module}"
                )


def test_nothing_imports_in_a_circle():
    graph = {name: imports(name, path) for name, path in modules().items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"circle: {' -> '.join((*trail, name))}"
        if name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    "statement", ["import planner", "import geodata", "import planner.siting", "import planner.cli"]
)
def test_heavy_packages_are_loaded_only_when_used(statement):
    heavy = "{'geopandas', 'pandas', 'numpy', 'scipy', 'folium', 'pandera', 'numba', 'highspy'}"
    code = f"import sys; {statement}; print(sorted({heavy} & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ended.stdout.strip() == "[]"
