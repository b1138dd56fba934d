"""Objects chosen by a language model behind a real server, tables edited by a person."""

import csv
import re
from functools import cache

import numpy as np
import pytest
from browser import chromium, visited
from fake_vlm import FakeVLM
from PIL import Image

from funcorr.errors import UserError
from funcorr.functions import load_taxonomy
from funcorr.functions.text import load_text_encoder
from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.clients import ServiceError
from funcorr.pseudolabel.openai_client import ChatModel
from funcorr.pseudolabel.selection.choose import choose_objects
from funcorr.pseudolabel.selection.object_names import read_name
from funcorr.pseudolabel.selection.parts import read_parts, write_taxonomy
from funcorr.pseudolabel.selection.stages import STAGES, Selection, SelectionConfig
from funcorr.pseudolabel.selection.tables import read_captions, read_table
from funcorr.pseudolabel.selection.verify import read_verdict

OBJECTS = {
    "m1": ("a chipped white coffee mug", "coffee mug"),
    "m2": ("photo of a mug on a poster", "mug"),
    "m3": ("a mug, hand painted", "mug"),
    "h1": ("claw hammer with wooden handle", "Claw hammer."),
    "c1": ("a wooden chair", "A chair"),
    "x1": ("abstract swirl", "I am sorry, I really cannot say what that may be."),
}

PARTS = {
    "pour": '[{"part": "rim", "look": "The upper border.", "use": "lets water out"}]',
    "hang": '[{"part": "Handle", "look": "The loop at the side.", "use": "goes over a peg"}]',
    "scoop": '{"parts": [{"part": "rim", "look": "The thin top of the wall.", "use": "digs"}]}',
    "pound": '[{"part": "face", "look": "The flat end of the head.", "use": "hits"}]',
}


def answer(prompt: str) -> str:
    for caption, name in OBJECTS.values():
        if caption in prompt and prompt.endswith("Name:"):
            return name
        if caption in prompt:
            return "No, a picture of one." if "poster" in caption else "Yes."
    if "sentences all describe" in prompt:
        return "The thin upper border\nof the wall."
    asked = prompt.rpartition("Task: ")[2]
    return next((parts for verb, parts in PARTS.items() if asked.startswith(verb)), "[]")


@pytest.fixture
def server():
    with FakeVLM(texts=answer) as fake:
        yield fake


@pytest.fixture
def captions(tmp_path):
    path = tmp_path / "cap3d.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows((uid, caption) for uid, (caption, _) in OBJECTS.items())
    return path


@pytest.fixture
def selection(tmp_path, captions, server):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(pictures / "m1.png")
    return open_selection(tmp_path, captions, server, pictures)


@cache
def minilm():
    return load_text_encoder("minilm")


def open_selection(tmp_path, captions, server, pictures=None, **config):
    config = {"test_share": 0.5, "concurrency": 4, **config}
    return Selection(
        tmp_path / "selection",
        load_taxonomy(),
        SelectionConfig(**config),
        captions=captions,
        pictures=pictures,
        model=lambda: ChatModel(ChatConfig("fake", server.url, timeout=5.0)),
        encoder=minilm,
    )


def column(selection, stage, name):
    return {row["uid"]: row[name] for row in read_table(selection.path(stage), ("uid", name))}


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_from_captions_to_a_taxonomy(selection):
    assert selection.missing == ["names", "match", "verify", "review"]
    named, matched, verified, reviewed = map(selection.run, selection.missing)
    assert named.problems == ("x1: the answer is no name",)
    assert column(selection, "names", "name")["c1"] == "chair"
    kinds = column(selection, "match", "matched")
    assert kinds == {"m1": "yes", "m2": "yes", "m3": "yes", "h1": "yes", "c1": "no"}
    assert column(selection, "match", "category")["m1"] == "mug"
    assert "4 of 5" in matched.summary
    assert column(selection, "verify", "verified")["m2"] == "no"
    assert "3 of 4" in verified.summary
    assert set(column(selection, "review", "keep").values()) == {"yes"}
    assert "3 objects" in reviewed.summary
    for stage in selection.missing:
        assert selection.run(stage).problems == () or stage == "parts"
    assert column(selection, "choose", "category") == {"h1": "hammer", "m1": "mug", "m3": "mug"}
    splits = column(selection, "choose", "split")
    assert sorted((splits["m1"], splits["m3"])) == ["test", "train"]
    own = load_taxonomy(selection.path("merge"))
    mug = own.categories["mug"]
    assert mug.parts["rim"].look == "The thin upper border of the wall."
    assert mug.uses["hang-onto"]["handle"] == "goes over a peg"


def test_a_stage_runs_alone_on_a_table_that_a_person_edited(selection, server):
    for stage in STAGES[:3]:
        selection.run(stage)
    asked = len(server.seen)
    edit(selection.path("names"), ",chair", ",kettle")
    assert selection.stale == ["match"]
    selection.run("match")
    assert column(selection, "match", "category")["c1"] == "kettle"
    selection.run("verify")
    assert len(server.seen) == asked + 1  # nothing is asked twice
    edit(selection.path("verify"), "no", "yes")
    selection.run("review")
    assert "m2" in column(selection, "review", "keep")


def test_a_person_leaves_objects_out_by_table_and_by_sheet(selection):
    for stage in selection.missing:
        selection.run(stage)
    page = (selection.folder / "sheets" / "mug.html").read_text()
    assert page.count('aria-pressed="false"') == 2
    assert 'src="../../pictures/m1.png"' in page
    assert "no picture" in page
    edit(selection.path("review"), "h1,hammer,yes", "h1,hammer,no")
    (selection.folder / "review-mug.csv").write_text('uid,keep\n"m3",no\n"m1",yes\n')
    selection.run("choose")
    assert set(column(selection, "choose", "category")) == {"m1"}
    selection.run("review")  # decisions outlive a new table
    assert column(selection, "review", "keep") == {"h1": "no", "m1": "yes", "m3": "no"}
    assert 'aria-pressed="true"' in (selection.folder / "sheets" / "mug.html").read_text()


def test_a_person_mends_the_table_of_parts(selection, server):
    while selection.missing:
        for stage in selection.missing:
            selection.run(stage)
    asked = len(server.seen)
    edit(selection.path("parts"), "The loop at the side.", "The bent bar.")
    selection.run("merge")
    mug = load_taxonomy(selection.path("merge")).categories["mug"]
    assert mug.parts["handle"].look == "The bent bar."
    assert len(server.seen) == asked


@pytest.mark.browser
def test_a_sheet_is_clicked_and_its_table_downloaded(selection):
    for stage in selection.missing:
        selection.run(stage)
    address = (selection.folder / "sheets" / "index.html").as_uri()
    with chromium() as browser, visited(browser, address) as page:
        page.get_by_text("mug").click()
        page.locator("[data-uid=m3]").focus()
        page.keyboard.press("Enter")
        page.get_by_text("1 kept, 1 left out").wait_for()
        with page.expect_download() as download:
            page.get_by_text("Download the table").click()
        name = download.value.suggested_filename
        download.value.save_as(selection.folder / name)
    selection.run("choose")
    assert set(column(selection, "choose", "category")) == {"h1", "m1"}


def test_captions_cannot_write_into_the_sheets(tmp_path, captions, server):
    captions.write_text('../../evil,"<script>alert(1)</script> mug & ""more"""\n')
    server.texts = lambda prompt: "mug" if prompt.endswith("Name:") else "yes"
    selection = open_selection(tmp_path, captions, server, tmp_path)
    for stage in selection.missing:
        selection.run(stage)
    page = (selection.folder / "sheets" / "mug.html").read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; mug &amp; &quot;more&quot;" in page
    assert "<img" not in page


def test_a_server_that_dies_loses_nothing_and_is_asked_nothing_twice(tmp_path, captions, server):
    selection = open_selection(tmp_path, captions, server, concurrency=1)
    server.script = ["ok", "ok", "quota"]
    with pytest.raises(ServiceError, match="quota"):
        selection.run("names")
    assert not selection.path("names").exists()
    selection.run("names")
    prompts = [body["messages"][-1]["content"] for body in server.seen]
    refused = len(prompts) - len(set(prompts))
    assert len(set(prompts)) == len(OBJECTS)
    assert refused <= 2  # those under way when it died


def test_a_question_that_fails_is_listed_and_asked_again_next_time(tmp_path, captions, server):
    selection = open_selection(tmp_path, captions, server, concurrency=1)
    server.script = ["400"]
    report = selection.run("names")
    assert report.problems[0].startswith("m1: ")
    assert column(selection, "names", "name")["m1"] == ""
    selection.run("names")
    assert column(selection, "names", "name")["m1"] == "coffee mug"


def test_an_unclear_verdict_is_asked_for_more_firmly_and_then_left_to_a_person(
    tmp_path, captions, server
):
    captions.write_text("uid,caption\nm1,a mug\n")
    said = iter(["Perhaps.", "Well, yes and no", "It depends"])
    server.texts = lambda prompt: "mug" if prompt.endswith("Name:") else next(said)
    selection = open_selection(tmp_path, captions, server)
    for stage in ("names", "match"):
        selection.run(stage)
    assert selection.run("verify").problems == ("m1: no clear yes or no",)
    assert column(selection, "verify", "verified") == {"m1": "unclear"}
    assert server.seen[-1]["messages"][-1]["content"].count("one word yes") == 2


@pytest.mark.parametrize("shares", [(10, 0.2, 2), (3, 0.5, 2), (50, 0.0, 0)])
def test_cap_and_split(shares):
    cap, share, tested = shares
    rows = [
        {"uid": f"{kind}{i}", "category": kind, "keep": "yes"}
        for kind in ("mug", "hoe")
        for i in range(12)
    ]
    chosen = choose_objects(rows, {"hoe"}, cap, share, seed=0)
    mugs = [row["split"] for row in chosen if row["category"] == "mug"]
    assert len(mugs) == min(cap, 12)
    assert mugs.count("test") == tested
    assert {row["split"] for row in chosen if row["category"] == "hoe"} == {"unseen"}
    assert choose_objects(rows[::-1], {"hoe"}, cap, share, seed=0) == chosen
    if cap < 12:
        assert choose_objects(rows, {"hoe"}, cap, share, seed=1) != chosen


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mug", "mug"),
        ("Name: mug\n\nDescription: a tall", "mug"),
        ('"The frying-pan"\nIt is used to fry.', "frying-pan"),
        ("  \n\n**Screwdriver.**", "screwdriver"),
        ("", ""),
        ("Final answer: mug", "mug"),
        ("**The object's name:** a mug", "mug"),
        ("The object is a mug", ""),
        ("It's a mug", ""),
        ("This is a description of what looks like a cup", ""),
    ],
)
def test_names_in_answers(said, name):
    assert read_name(said) == name


@pytest.mark.parametrize("said", ["maybe", "", "yesterday", "nothing", "no, well, yes"])
def test_what_is_neither_yes_nor_no(said):
    assert read_verdict(said) == "unclear"


@pytest.mark.parametrize(
    "said", [None, 3, "rim", {}, [], [{"part": "a b c", "look": "x"}], [{"part": "rim"}], [["rim"]]]
)
def test_answers_without_parts(said):
    assert read_parts(said) == []


def test_texts_of_any_kind_make_a_taxonomy_that_can_be_read(tmp_path):
    look = 'A "bent" \\ tube,\tblue: 100 % = naïve'
    [part] = read_parts([{"part": "spout", "look": look + "\nlong", "use": "drains"}])
    row = {"category": 'jug "big"', "function": "drain-with", **part}
    path = tmp_path / "own.toml"
    looks = {(row["category"], "spout"): part["look"]}
    write_taxonomy(path, [row], looks, {"drain-with": "Let a liquid run off."})
    read = load_taxonomy(path).categories[row["category"]].parts["spout"].look
    assert read == re.sub(r"\s+", " ", look + "\nlong")


BAD = {
    "captions.csv": ("", "holds no captions"),
    "one.csv": ("m1\n", "a line without 'caption'"),
    "twice.csv": ("m1,a mug\nm1,a cup\n", "'m1' twice"),
    "binary.csv": (b"\xff\xfe\x00m", "not a CSV table"),
}


@pytest.mark.parametrize("name", BAD)
def test_captions_that_are_no_table(tmp_path, name):
    content, line = BAD[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=line):
        read_captions(path)


def test_damaged_tables_are_one_line(selection):
    with pytest.raises(UserError, match="an earlier stage makes it"):
        selection.run("match")
    for stage in selection.missing:
        selection.run(stage)
    edit(selection.path("review"), "yes", "perhaps")
    with pytest.raises(UserError, match="expected yes or no, got 'perhaps'"):
        selection.run("choose")
    columns = "category,function,part,look,use\n"
    for table, line in {
        "category\nmug\n": "a line without 'function'",
        columns + "mug,hang-onto,the whole handle,A loop.,hangs\n": "one or two lower-case words",
        columns + "mug,hang-onto,handle,,hangs\n": "got 'handle' and ''",
        columns + "mug,hang-onto,handle,A loop.,hangs\n" * 2: "twice",
    }.items():
        selection.path("parts").write_text(table)
        with pytest.raises(UserError, match=line):
            selection.run("merge")
    with pytest.raises(UserError, match="no list 'nothing'"):
        Selection(
            selection.folder,
            load_taxonomy(),
            SelectionConfig(pairing="nothing"),
            model=lambda: None,
            encoder=lambda: None,
        ).run("match")


def test_the_command_goes_on_after_the_review(funcorr_command, tmp_path, captions, server):
    folder = tmp_path / "chosen"
    words = ("assets", "select", folder, "--captions", captions)
    assert "--model" in funcorr_command(*words).err
    words = (*words, "--model", "fake", "--server", server.url)
    first = funcorr_command(*words)
    assert first.code == 0, first.err
    assert "review: 3 objects to look at" in first.out
    assert not (folder / "selected.csv").exists()
    second = funcorr_command(*words)
    assert second.code == 0, second.err
    assert (folder / "taxonomy.toml").exists()
    edit(folder / "names.csv", ",chair", ",kettle")
    redone = funcorr_command(*words, "--stage", "choose")
    assert "matches.csv is older than its source; --stage match" in redone.out
