"""Labelling a dataset over a real server: what a user sees, faults and resumption included."""

from __future__ import annotations

import itertools
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest
import trimesh
from label_data import (
    CONFIG,
    VIEWS,
    grounder_at,
    render_mallets,
    server_for,
    true_iou,
    write_mallets,
)

from funcorr.assets.mesh import Material, Mesh
from funcorr.assets.store import Asset, write_asset
from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.pseudolabel.clients import ServiceError
from funcorr.pseudolabel.dataset_labels import LabelConfig, label_dataset
from funcorr.pseudolabel.exact_boxes import Oracle
from funcorr.pseudolabel.quality import label_quality
from funcorr.pseudolabel.view_queries import AskConfig
from funcorr.render.dataset import Dataset
from funcorr.render.write import render_dataset

ASSETS = 3
QUESTIONS = ASSETS * VIEWS  # one part each
ONCE = LabelConfig(AskConfig(samples=1, attempts=2), concurrency=4)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return render_mallets(tmp_path_factory.mktemp("run"), ASSETS)


@pytest.fixture
def dataset(rendered, tmp_path):
    """The same dataset without labels of our own."""
    return shutil.copytree(rendered, tmp_path / "data")


@pytest.fixture
def server(rendered):
    with server_for(rendered) as fake:
        yield fake


def command(server, *words):
    return ("label", *words, "--labeller", "vlm", "--model", "fake", "--server", server.url,
            "--views", "all", "--samples", "1", "--timeout", "60")  # fmt: skip


def masks(dataset, labels="vlm"):
    views = [a.view(i) for a in Dataset(dataset, labels) for i in range(a.n_views)]
    return np.stack([view.part_mask("pound-with") for view in views])


def test_labels_are_read_like_exact_ones(dataset, server, funcorr_command):
    outcome = funcorr_command(*command(server, dataset), "--quality")
    assert outcome.code == 0, outcome.err
    assert "3 assets labelled, 0 were there already, 0 left out" in outcome.out
    assert f"{QUESTIONS} requests, {QUESTIONS} answers, {100 * QUESTIONS} prompt" in outcome.out
    assert len(server.seen) == QUESTIONS
    assert true_iou(masks(dataset), masks(dataset, "exact")) > 0.6
    asset = Dataset(dataset, "vlm")["mallet-0001"]
    truth = Dataset(dataset)["mallet-0001"].point_mask("pound-with")
    assert true_iou(asset.point_mask("pound-with"), truth) > 0.4
    quality = json.loads((dataset / "labels/vlm/quality.json").read_text())
    assert quality["boxes"] > 0.9
    assert quality["per_part"] == {"mallet: head": pytest.approx(quality["overall"], abs=0.02)}
    assert f"{quality['overall']:.3f}; boxes" in outcome.out
    assert (dataset / "labels/vlm/sheet.png").stat().st_size > 1000


def test_parts_whose_names_look_alike_keep_labels_of_their_own(tmp_path):
    names = ("handle/grip", "handle grip", "handle_grip")
    boxes = [trimesh.creation.box((0.3, 0.2, 0.2)).apply_translation((x, 0, 0)) for x in range(3)]
    whole = trimesh.util.concatenate(boxes)
    looks = (Material("wood", (0.6, 0.4, 0.2)),) * 3
    parts = np.repeat(range(3), 12)
    mesh = Mesh(whole.vertices, whole.faces, parts, names, parts, looks).normalized()
    frame = FunctionalFrame(np.zeros(3), np.eye(3), 0.2)
    serving = {"pound-with": names}
    asset = Asset("rack", "rack", ("pound-with",), serving, {"pound-with": frame}, mesh)
    write_asset(asset, tmp_path / "assets")
    render_dataset(tmp_path / "assets", tmp_path / "data", CONFIG)
    label_dataset(tmp_path / "data", "sure", Oracle("exact"), ONCE)
    for folder in ("exact", "sure"):
        kept = sorted(path.name for path in (tmp_path / "data/rack/labels" / folder).glob("*/"))
        assert kept == ["handle%2Fgrip", "handle%5Fgrip", "handle_grip"]
    labelled, exact = Dataset(tmp_path / "data", "sure")["rack"], Dataset(tmp_path / "data")["rack"]
    for number, name in itertools.product(range(VIEWS), names):
        truth = exact.view(number).labelled(name)
        if truth.sum() > 50:
            assert true_iou(labelled.view(number).labelled(name), truth) > 0.5


def test_what_is_no_answer_is_asked_again_and_told(dataset, server, funcorr_command):
    said = {"role": "assistant", "content": "<think>[[0,0,999,999]]"}
    reply = {"index": 0, "message": said, "finish_reason": "length"}
    odd = {**reply, "message": {**said, "content": "Hm [[1,2,3]]"}, "finish_reason": "stop"}
    server.replies = [reply, odd, reply]
    outcome = funcorr_command(*command(server, dataset), "--max-tokens", "300", "--at-once", "1")
    assert outcome.code == 0, outcome.err
    assert {body["max_tokens"] for body in server.seen} == {300}
    assert "2 replies held no answer" in outcome.out
    assert "1 answers could not be read and did not count" in outcome.out
    assert f"{QUESTIONS + 3} requests, {QUESTIONS + 1} answers" in outcome.out
    assert true_iou(masks(dataset), masks(dataset, "exact")) > 0.6


def test_the_same_command_again_asks_nothing(dataset, server, funcorr_command):
    funcorr_command(*command(server, dataset))
    before, asked = masks(dataset), len(server.seen)
    again = funcorr_command(*command(server, dataset))
    assert "0 assets labelled, 3 were there already" in again.out
    other = funcorr_command(*command(server, dataset), "--masks", "paper", "--sums", "released")
    assert "3 assets labelled" in other.out
    assert len(server.seen) == asked
    assert (masks(dataset) != before).any()


def test_one_flag_takes_the_papers_own_rules(dataset, server, funcorr_command):
    def voting(*words):
        assert funcorr_command(*command(server, dataset), *words).code == 0
        return json.loads(next(dataset.glob("*/labels/vlm/labels.json")).read_text())["voting"]

    paper = voting("--rules", "paper")
    votes = {"view_votes": "each", "sums": "released", "smooth": 0, "pieces": 0}
    assert paper["votes"] == {**votes, "edge_weighting": False, "floor": 64 / 255}
    assert paper["masks"]["rule"] == "paper"
    changed = voting("--rules", "paper", "--smooth", 3, "--masks", "points", "--thin")
    assert changed["votes"] == {**paper["votes"], "smooth": 3, "edge_weighting": True}
    assert changed["masks"] == {**paper["masks"], "rule": "points"}
    assert not voting()["votes"]["edge_weighting"]


def test_a_killed_run_goes_on_and_asks_nothing_twice(dataset, server):
    server.latency = 0.15
    words = [sys.executable, "-m", "funcorr", *map(str, command(server, dataset)), "--at-once", "2"]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "80"})
    while len(server.seen) < 5:
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    time.sleep(0.3)  # answers under way arrive nowhere
    logs = dataset.glob("*/labels/vlm/answers.jsonl")
    kept = sum(len(log.read_text().splitlines()) for log in logs)
    lost = len(server.seen) - kept
    assert kept >= 3
    assert lost <= 2
    report = label_dataset(dataset, "vlm", grounder_at(server), ONCE)
    assert len(report.labelled) + len(report.kept) == ASSETS
    assert len(server.seen) == QUESTIONS + lost


DEATHS = {"401": "refuses the key", "quota": "no quota", "disconnect": "is it running"}


@pytest.mark.parametrize(("death", "line"), DEATHS.items(), ids=DEATHS)
def test_a_dying_server_ends_the_run_and_the_next_goes_on(dataset, server, death, line):
    server.script = ["ok"] * 5 + [death] * 99
    with pytest.raises(ServiceError, match=line):
        label_dataset(dataset, "vlm", grounder_at(server), ONCE)
    server.script = []
    refused = len(server.seen) - 5
    assert len(label_dataset(dataset, "vlm", grounder_at(server), ONCE).labelled) > 0
    assert len(server.seen) == QUESTIONS + refused
    assert len(Dataset(dataset, "vlm")) == ASSETS


FATAL = {
    "down": ({}, "cannot reach"),
    "key": ({"key": "right"}, "FUNCORR_API_KEY"),
    "quota": ({"script": ["quota"] * 99}, "no quota"),
    "model": ({"models": ("other",)}, "no model 'fake'; it offers other"),
    "hang": ({"script": ["hang"] * 999}, "did not answer within"),
    "cut": ({"script": ["disconnect"] * 999}, "is it running"),
    "large": ({"script": ["413"] * 999}, "smaller pictures"),
}


@pytest.mark.parametrize(("setting", "line"), FATAL.values(), ids=FATAL)
def test_a_useless_server_is_one_clear_line(dataset, server, setting, line, monkeypatch):
    from funcorr.cli.label import label

    monkeypatch.setenv("FUNCORR_API_KEY", "s3cret")
    for name, value in setting.items():
        setattr(server, name, value)
    if not setting:
        server.__exit__()
    quick = {"samples": 1, "timeout": 0.5 if "hang" in repr(setting) else 60, "tries": 2}
    with pytest.raises(UserError, match=line) as refusal:
        label(dataset, "vlm", "fake", server.url, views="all", **quick)
    assert "\n" not in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_garbage_about_one_asset_leaves_it_out_and_lists_it(dataset, server, funcorr_command):
    nonsense = dataset / "mallet-0001/asset.json"
    nonsense.write_text(nonsense.read_text().replace("mallet", "gavel"))  # asked as "gavel"
    answer = server.write
    server.write = lambda boxes: "!" if "gavel" in json.dumps(server.seen[-1]) else answer(boxes)
    outcome = funcorr_command(*command(server, dataset), "--at-once", "1")
    assert outcome.code == 0
    assert "left out mallet-0001: nothing is known about head: too few answers" in outcome.out
    assert Dataset(dataset, "vlm").assets == ["mallet-0000", "mallet-0002"]
    summary = json.loads((dataset / "labels/vlm/summary.json").read_text())
    assert (summary["labelled"], list(summary["skipped"])) == (2, ["mallet-0001"])


@pytest.mark.parametrize("trouble", [["400"], ["413"], ["hang", "hang"]], ids=str)
def test_a_failed_request_costs_one_view_and_is_asked_again(dataset, server, trouble):
    server.script = ["ok", *trouble]
    config = LabelConfig(ONCE.ask, concurrency=1)
    report = label_dataset(dataset, "vlm", grounder_at(server, timeout=2.0), config)
    assert list(report.incomplete) == ["mallet-0000"]
    assert "head in view 1" in report.incomplete["mallet-0000"][0]
    again = label_dataset(dataset, "vlm", grounder_at(server), config)
    assert (again.labelled, len(again.kept), again.incomplete) == (("mallet-0000",), 2, {})
    assert len(server.seen) == QUESTIONS + len(trouble)


def test_a_name_that_is_taken_is_refused_or_overwritten(dataset, funcorr_command):
    words = ("label", dataset, "--labeller", "vlm", "--views", "all", "--model")
    funcorr_command(*words, "oracle:exact")
    before = masks(dataset)
    refusal = funcorr_command(*words, "oracle:double")
    assert refusal.is_refusal
    assert (
        "the labels 'vlm' of another configuration (fingerprint); choose another name, or discard "
        "the labels 'vlm' with --overwrite"
    ) in refusal.err
    assert (masks(dataset) == before).all()
    assert funcorr_command(*words, "oracle:double", "--overwrite").code == 0
    assert (masks(dataset) != before).any()


@pytest.mark.parametrize("name", ["exact", "../up", "", ".hidden", "a/b"])
def test_impossible_names(dataset, name):
    with pytest.raises(UserError, match="cannot name a labeller"):
        label_dataset(dataset, name, Oracle("exact"), ONCE)


def test_a_damaged_asset_is_left_out(dataset):
    (dataset / "mallet-0000/visible.npz").unlink()
    (dataset / "mallet-0002/rgb/0001.png").write_bytes(b"no picture")
    (dataset / "mallet-0002/parts/0001.png").write_bytes(b"no picture")
    report = label_dataset(dataset, "vlm", Oracle("exact"), ONCE)
    assert report.labelled == ("mallet-0001",)
    assert "visible.npz" in report.skipped["mallet-0000"]
    assert "0001.png" in report.skipped["mallet-0002"]


def test_a_dataset_without_visibility_maps_is_refused_before_a_question(
    dataset, server, funcorr_command
):
    for path in dataset.glob("*/visible.npz"):
        path.unlink()
    outcome = funcorr_command(*command(server, dataset))
    assert outcome.is_refusal
    assert "none of 3 assets could be labelled" in outcome.err
    assert "visible.npz" in outcome.err
    assert server.seen == []


def test_no_key_is_written_anywhere(dataset, server, monkeypatch, funcorr_command, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("FUNCORR_API_KEY", "s3cret-key")
    server.key = "s3cret-key"
    done = funcorr_command(*command(server, dataset))
    server.key = "changed"  # the fake quotes the wrong key in its refusal
    refused = funcorr_command(*command(server, dataset), "--samples", "2", "--overwrite")
    assert (done.code, refused.is_refusal) == (0, True)
    written = b"".join(f.read_bytes() for f in dataset.rglob("*") if f.is_file())
    told = caplog.text + done.out + done.err + refused.err
    assert "answers" in done.out
    assert b"s3cret" not in written + told.encode()


def test_several_samples_are_drawn_by_chance(dataset, server, funcorr_command):
    words = command(server, dataset)
    funcorr_command(*words, "--samples", "2")
    funcorr_command(*words, "--overwrite")
    funcorr_command(*words, "--overwrite", "--temperature", "0.3")
    drawn = [body["temperature"] for body in server.seen]
    assert drawn == [0.9] * 2 * QUESTIONS + [0.0] * QUESTIONS + [0.3] * QUESTIONS


def test_labelling_views_lend_their_answers_to_other_views(dataset, funcorr_command):
    words = ("label", dataset, "--labeller", "vlm", "--model", "oracle:exact", "--samples", "1")
    assert "--cameras labelling" in funcorr_command(*words).err
    assets = dataset.parent / "assets"
    write_mallets(assets, ASSETS)
    render = ("render", assets, "--out", dataset / "labelling", "--cameras", "labelling", "--size",
              CONFIG.views.size, "--supersample", "1", "--points")  # fmt: skip
    funcorr_command(*render, CONFIG.points)
    assert funcorr_command(*words, "--quality").code == 0
    assert true_iou(masks(dataset), masks(dataset, "exact")) > 0.8


def test_parts_of_imported_objects_come_from_the_taxonomy(dataset, server, funcorr_command):
    for name in ("mallet-0000", "mallet-0002"):
        path = dataset / name / "asset.json"
        category = "gong beater" if name.endswith("0") else "unheard-of"
        about = json.loads(path.read_text()) | {"functions": [], "parts": {}, "category": category}
        path.write_text(json.dumps(about))
    table = dataset.parent / "more.toml"
    table.write_text(
        'format = "funcorr-taxonomy/1"\n[categories."gong beater"]\n'
        'parts.head = "A felt ball."\nuses.pound-with.head = "It strikes."\n'
    )
    outcome = funcorr_command(*command(server, dataset), "--taxonomy", table)
    assert "the taxonomy has no functions of a 'unheard-of'" in outcome.out
    beater = Dataset(dataset, "vlm")["mallet-0000"]
    assert (beater.functions, beater.parts) == (("pound-with",), {"pound-with": ("head",)})
    assert (
        true_iou(
            beater.point_mask("pound-with"), beater.points.part == beater.part_names.index("head")
        )
        > 0.4
    )
    assert Dataset(dataset)["mallet-0000"].functions == ()


def test_missing_labels_name_those_that_are_there(dataset):
    label_dataset(dataset, "mine", Oracle("exact"), ONCE)
    with pytest.raises(UserError, match=r"no labels 'yours'; it has exact, mine"):
        Dataset(dataset, labels="yours")


def test_an_asset_that_is_done_leaves_no_trace_in_memory(dataset):
    class Watched(Oracle):
        def ask(self, view, *rest):
            alive[view.asset.id] = view.asset
            most.append(len(alive))
            return super().ask(view, *rest)

    alive, most = weakref.WeakValueDictionary(), []
    label_dataset(dataset, "vlm", Watched("exact"), LabelConfig(ONCE.ask, concurrency=1))
    assert max(most) <= 2
    assert not alive


def test_worse_boxes_make_worse_labels(dataset):
    overall = {}
    for level in ("exact", "double"):
        label_dataset(dataset, f"by-{level}", Oracle(level), LabelConfig(concurrency=2))
        overall[level] = label_quality(dataset, f"by-{level}").overall
    assert overall["exact"] > overall["double"] + 0.05


def test_labels_of_the_labelling_views_are_another_run(dataset):
    shutil.copytree(dataset, dataset / "labelling")
    label_dataset(dataset / "labelling", "vlm", Oracle("half"), ONCE)
    before = sorted((dataset / "labelling").rglob("*"))
    label_dataset(dataset, "vlm", Oracle("exact"), ONCE, overwrite=True)
    assert sorted((dataset / "labelling").rglob("*")) == before


def test_the_same_command_with_overwrite_asks_nothing_again(dataset, server, funcorr_command):
    for _ in range(2):
        assert funcorr_command(*command(server, dataset), "--overwrite").code == 0
    assert len(server.seen) == QUESTIONS
