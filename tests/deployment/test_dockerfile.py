"""What the Dockerfile and the files in deployment/image/ promise, as far as it can be seen without a Docker engine.

`test_image.py` looks at an image that was built.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).resolve().parents[2]
_IMAGE = _ROOT / "deployment" / "image"
_VARIANTS = ("cpu", "gpu")


def _locked(lock: Path) -> dict[str, list[str]]:
    """{package: its version, then its hashes}."""
    blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
    parts = [re.split(r"==| \\\n\s+", block.strip()) for block in blocks]
    return {name: rest for name, *rest in parts}


def _names(requirements: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return {canonicalize_name(Requirement(line).name) for line in lines if line}


@pytest.fixture(scope="module")
def instructions() -> list[str]:
    """The Dockerfile's instructions, each in one line."""
    lines = (_ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return [line for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines() if line]


@pytest.fixture(scope="module")
def last_stage(instructions: list[str]) -> list[str]:
    begin = max(number for number, line in enumerate(instructions) if line.startswith("FROM "))
    return instructions[begin:]


@pytest.mark.parametrize("variant", _VARIANTS)
def test_its_packages_are_those_of_the_lock_with_the_same_hashes(variant: str) -> None:
    everywhere, here = _locked(_ROOT / "requirements.lock"), _locked(_IMAGE / f"{variant}.lock")
    own = {"cpu": "tensorflow-cpu", "gpu": "nvidia-"}[variant]
    assert len(here) > 150
    assert {name: rest for name, rest in here.items() if not name.startswith(own)}.items() <= everywhere.items()
    assert any(name.startswith(own) for name in here), "fix: deployment/image/lock.sh"
    assert all(len(rest) > 1 and all(part.startswith("--hash=sha256:") for part in rest[1:]) for rest in here.values())


def test_both_variants_have_the_tensorflow_of_the_lock() -> None:
    [version, *_] = _locked(_ROOT / "requirements.lock")["tensorflow"]
    cpu, gpu = (_locked(_IMAGE / f"{variant}.lock") for variant in _VARIANTS)
    assert (cpu["tensorflow-cpu"][0], gpu["tensorflow"][0]) == (version, version)
    assert "tensorflow" not in cpu


@pytest.mark.parametrize("variant", _VARIANTS)
def test_nothing_for_development_and_nothing_that_was_left_out_is_in_it(variant: str) -> None:
    locked = set(_locked(_IMAGE / f"{variant}.lock"))
    left_out = _names(_IMAGE / "left_out.txt")
    assert left_out and not locked & (left_out | {"pytest", "mypy", "ruff", "moto", "jupyterlab", "notebook", "uv"})


def test_every_package_that_was_left_out_would_be_there_otherwise() -> None:
    assert _names(_IMAGE / "left_out.txt") <= set(_locked(_ROOT / "requirements.lock"))


def test_the_base_is_one_release_of_python_and_debian(instructions: list[str]) -> None:
    assert re.fullmatch(r"ARG BASE=python:3\.10\.\d+-slim-[a-z]+", instructions[0])
    bases = {line.split()[1] for line in instructions if line.startswith("FROM ")}
    assert bases == {"${BASE}${BASE_DIGEST:+@${BASE_DIGEST}}", "base", "packages", "${VARIANT}"}


def test_nothing_runs_in_the_last_stage_which_could_tell_when_it_was_built(last_stage: list[str]) -> None:
    assert {line.split()[0] for line in last_stage} == {
        *("FROM", "COPY", "ENV", "WORKDIR", "USER", "ENTRYPOINT", "CMD", "ARG", "LABEL")
    }


def test_its_user_is_a_number_that_is_not_root_and_writes_to_tmp(last_stage: list[str]) -> None:
    [user] = [line.split()[1] for line in last_stage if line.startswith("USER ")]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    [variables] = [line for line in last_stage if line.startswith("ENV PATH")]
    places = dict(re.findall(r"(HOME|XDG_CACHE_HOME|XDG_CONFIG_HOME|MPLCONFIGDIR)=(\S+)", variables))
    assert len(places) == 4 and all(place.startswith("/tmp") for place in places.values())
    assert "WORKDIR /tmp" in last_stage


def test_its_labels_tell_the_release_of_the_project(last_stage: list[str]) -> None:
    [version] = re.findall(r'^version = "(.+)"$', (_ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    [labels] = [line for line in last_stage if line.startswith("LABEL ")]
    assert f'image.version="{version}"' in labels


def test_its_build_is_given_every_file_that_it_copies(instructions: list[str]) -> None:
    copied = [
        name.replace("${VARIANT}", variant)
        for line in instructions
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
        for variant in _VARIANTS
    ]
    ignore = (_ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    allowed = [pattern.removeprefix("!") for pattern in ignore if pattern.startswith("!")]
    assert {"src", "components", "pipeline", "deployment"} <= set(copied)
    assert all(any(fnmatch.fnmatch(name.split("/")[0], pattern) for pattern in allowed) for name in copied)
    assert all((_ROOT / name).exists() for name in copied)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demo", "--out", "a b"], "coralline demo --out a b"),
        (["--help"], "coralline --help"),
        (["test"], "coralline test"),
        (["sh", "-c", "echo the command of a step"], "the command of a step"),
        (["/bin/echo", "KFP's launcher"], "KFP's launcher"),
    ],
)
def test_arguments_are_a_command_of_coralline_unless_they_name_a_program(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    coralline = tmp_path / "coralline"
    coralline.write_text('#!/bin/sh\necho coralline "$@"\n', encoding="utf-8")
    coralline.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([_IMAGE / "entrypoint.sh", *arguments], env=environment, capture_output=True, text=True)
    assert done.stdout == f"{said}\n"


def test_cudas_libraries_stand_beside_tensorflows(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.10" / "site-packages"
    library = packages / "nvidia" / "cudnn" / "lib" / "libcudnn.so.8"
    ptxas = packages / "nvidia" / "cuda_nvcc" / "bin" / "ptxas"
    for file in (library, ptxas):
        file.parent.mkdir(parents=True)
        file.write_text("here", encoding="utf-8")
    (packages / "tensorflow").mkdir()
    (tmp_path / "bin").mkdir()
    subprocess.run(["sh", _IMAGE / "link_cuda.sh", tmp_path], check=True)
    links = packages / "tensorflow" / "libcudnn.so.8", tmp_path / "bin" / "ptxas"
    assert all(link.is_symlink() and link.read_text(encoding="utf-8") == "here" for link in links)


def _compiler(folder: Path, place: str, sha256: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, _IMAGE / "get_compiler.py", place, sha256, folder / "compiler"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb, which packs a Debian package, is not here")
def test_the_compiler_is_unpacked_if_its_checksum_is_right(tmp_path: Path) -> None:
    program = tmp_path / "package" / "usr" / "bin" / "edgetpu_compiler"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    control = tmp_path / "package" / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(
        "Package: edgetpu-compiler\nVersion: 16.0\nArchitecture: amd64\nMaintainer: nobody\nDescription: a stand-in\n",
        encoding="utf-8",
    )
    package = tmp_path / "edgetpu-compiler.deb"
    subprocess.run(["dpkg-deb", "--build", control.parent.parent, package], check=True, capture_output=True)
    checksum = hashlib.sha256(package.read_bytes()).hexdigest()

    refused = _compiler(tmp_path, "edgetpu-compiler.deb", "")
    assert refused.returncode == 1 and checksum in refused.stderr and "Traceback" not in refused.stderr
    shutil.rmtree(tmp_path / "compiler")
    assert _compiler(tmp_path, "edgetpu-compiler.deb", checksum).returncode == 0
    assert (tmp_path / "compiler" / "usr" / "bin" / "edgetpu_compiler").exists()


def test_without_an_address_there_is_no_compiler(tmp_path: Path) -> None:
    assert _compiler(tmp_path, "", "").returncode == 0
    assert list((tmp_path / "compiler").iterdir()) == []
