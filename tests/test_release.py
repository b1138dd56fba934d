"""What is told about the package in several places agrees."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import funcorr

ROOT = Path(__file__).parents[1]


def project(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def test_the_version_is_one_everywhere():
    release = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    told = [project(ROOT), project(ROOT / "forge"), citation]
    assert {each["version"] for each in told} == {release.group(1)} == {funcorr.__version__}


def test_every_python_that_is_claimed_is_tested_and_none_else():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    lines = project(ROOT)["classifiers"]
    claimed = [line.rsplit(" ", 1)[1] for line in lines if line.startswith("Programming")]
    assert jobs["test"]["strategy"]["matrix"]["python"] == claimed
    assert jobs["wheels"]["strategy"]["matrix"]["python"] == claimed
    assert project(ROOT)["requires-python"] == f">={claimed[0]}"


def test_what_the_workflow_makes_the_makefile_knows():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    steps = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    targets = {target for step in steps for target in re.findall(r"^make (\S+)", step)}
    makefile = (ROOT / "Makefile").read_text()
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_image_has_the_torch_of_the_makefile():
    pins = [
        re.findall(r"torch==[\d.]+", (ROOT / name).read_text())
        for name in ("Makefile", "Dockerfile")
    ]
    assert pins[0] == pins[1]
    assert len(pins[0]) == 1


@pytest.mark.parametrize("form", ["bug", "idea", "numbers"])
def test_issue_forms_are_whole(form):
    content = yaml.safe_load((ROOT / f".github/ISSUE_TEMPLATE/{form}.yml").read_text())
    assert {"name", "description", "labels", "body"} == set(content)
    assert all({"type", "id", "attributes"} <= set(field) for field in content["body"])


def test_both_wheels_carry_the_licence():
    licences = [(ROOT / place / "LICENSE").read_text() for place in (".", "forge")]
    assert licences[0] == licences[1]
    assert all(project(ROOT / place)["license-files"] == ["LICENSE"] for place in (".", "forge"))


def test_the_three_works_are_cited():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    papers = {each["identifiers"][0]["value"] for each in citation["references"]}
    assert papers == {"arXiv:2509.03893", "arXiv:2509.17074"}
    assert citation["authors"] == [{"name": project(ROOT)["authors"][0]["name"]}]
