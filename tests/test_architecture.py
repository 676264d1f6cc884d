"""The floors: what may import what, which libraries a room may load, and how large a room's parts may grow."""

from __future__ import annotations

import ast
import collections
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]

# From the ground up: a file imports from its own room and from those above it in this list only.
_ROOMS = (
    "coralline.foundation",
    "coralline.publishing",
    "coralline.data",
    "coralline.tflite",
    "coralline.lineage",
    "coralline.edgetpu",
    "coralline.scoring",
    "coralline.evaluation_report",
    "coralline.lineage_page",
    "coralline.detector",
    "coralline.data_report",
    "coralline.od_api",
    "coralline",
    "components",
    "pipeline",
    "deployment",
)
# TFX asks for these names: a component's parts, and artifact classes, which are called what they hold.
_TFX_NAMES = {"Executor", "Driver"}
_TFX_MODULES = {"component", "executor", "driver"}
_ARTIFACTS = "components.artifacts"
# What a module must have to be a command, a script, a reader of a layout or a part of an Object Detection API's file.
_INTERFACES = {"command", "main", "what_is_there", "files", "find", "carry"}
_COMMAND_MODULES = {"command"}

_HEAVY = ("tensorflow", "tf_keras", "tfx", "apache_beam", "tensorflow_model_analysis", "official")
# Modules that load TensorFlow when they are imported.
_OF_TENSORFLOW = (
    "coralline.detector.inputs",
    "coralline.detector.library_faults",
    "coralline.detector.network",
    "coralline.detector.training",
    "coralline.detector.warm_start",
)
_LONGEST_FUNCTION, _LONGEST_FILE = 60, 350


def _paths() -> list[Path]:
    folders = ("src/coralline", "components", "pipeline", "deployment")
    return sorted(path for folder in folders for path in (_ROOT / folder).rglob("*.py"))


def _module(path: Path) -> str:
    parts = path.relative_to(_ROOT).with_suffix("").parts
    return ".".join(parts[parts[0] == "src" :]).removesuffix(".__init__")


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


_MODULES = {_module(path): path for path in _paths()}


def _imported(module: str, nodes: Iterator[ast.AST]) -> Iterator[str]:
    """The project's own modules, and the packages of others, that these statements import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{module}: a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in _MODULES else node.module


def _all_imports(module: str) -> set[str]:
    """Within functions and for type checking too."""
    return set(_imported(module, ast.walk(_tree(_MODULES[module]))))


def _room(module: str) -> str:
    return next((room for room in _ROOMS if f"{module}.".startswith(f"{room}.")), "")


@pytest.mark.parametrize("module", sorted(_MODULES))
def test_imports_go_down_only(module):
    own = _ROOMS.index(_room(module))
    upward = [found for found in _all_imports(module) if _room(found) and _ROOMS.index(_room(found)) > own]
    assert upward == []


def test_no_circle_of_imports():
    arrows = {module: _all_imports(module) & set(_MODULES) - {module} for module in _MODULES}
    while free := [module for module, to in arrows.items() if not to]:
        for module in free:
            del arrows[module]
        arrows = {module: to - set(free) for module, to in arrows.items()}
    # `coralline` and the packages of several commands name modules of their own lazily.
    assert set(arrows) == set()


def test_only_its_command_imports_od_api():
    importing = {m for m in _MODULES for found in _all_imports(m) if _room(found) == "coralline.od_api"}
    assert {m for m in importing if _room(m) != "coralline.od_api"} <= {
        m for m in _MODULES if m.startswith("pipeline.commands.import_config")
    }


@pytest.mark.parametrize("module", [module for module in _MODULES if module.startswith("components.")])
def test_a_component_leaves_the_others_executors_alone(module):
    own = ".".join(module.split(".")[:2])
    others = [f for f in _all_imports(module) if f.endswith((".executor", ".driver")) and not f.startswith(f"{own}.")]
    assert [found for found in others if found.startswith("components.")] == []


@pytest.mark.parametrize("module", [module for module in _MODULES if module.startswith("coralline")])
def test_the_library_knows_no_tfx(module):
    assert {found.split(".")[0] for found in _all_imports(module)} & {"tfx", "apache_beam"} == set()


def test_importing_the_library_loads_no_tensorflow():
    names = [m for m in _MODULES if m.startswith("coralline") and not m.startswith(_OF_TENSORFLOW)]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*sorted(set(sys.modules) & set({_HEAVY!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_importing_coralline_loads_the_standard_library_alone():
    code = (
        "import sys\nbefore = set(sys.modules)\nimport coralline\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names) - {'coralline'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_loads_neither_tensorflow_nor_the_settings():
    code = (
        "import sys\nfrom pipeline.cli import main\ntry:\n    main(['--help'])\nfinally:\n"
        f"    print(*sorted(set(sys.modules) & set({(*_HEAVY, 'pydantic', 'numpy', 'yaml')!r})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_modules_have_names_of_their_own():
    names = collections.defaultdict(list)
    for module, path in _MODULES.items():
        if path.name != "__init__.py" and path.stem not in _TFX_MODULES | _COMMAND_MODULES:
            names[path.stem].append(module)
    assert {name: modules for name, modules in names.items() if len(modules) > 1} == {}


def test_public_names_exist_once():
    names = collections.defaultdict(list)
    for module, path in _MODULES.items():
        if module == _ARTIFACTS:
            continue
        for node in _tree(path).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                names[node.name].append(module)
    twice = {name: modules for name, modules in names.items() if len(modules) > 1}
    assert {name: modules for name, modules in twice.items() if name not in _TFX_NAMES | _INTERFACES} == {}


@pytest.mark.parametrize("path", _paths(), ids=_module)
def test_functions_and_files_stay_short(path):
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno + 1 > _LONGEST_FUNCTION
    ]
    assert long == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= _LONGEST_FILE


@pytest.mark.parametrize("path", sorted((_ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.stem)
def test_tests_lie_where_the_code_lies(path):
    folder = path.parent.relative_to(_ROOT / "tests")
    assert any((_ROOT / place / folder).is_dir() for place in ("", "src")) or folder == Path("bootstrap")
