"""Functions and categories proposed by a language model behind a real server."""

import pytest
from fake_vlm import FakeVLM
from hypothesis import given
from hypothesis import strategies as st

from funcorr.functions import load_taxonomy
from funcorr.functions.text import load_text_encoder
from funcorr.pseudolabel.selection.proposals import (
    PLACES,
    near_duplicates,
    read_categories,
    read_functions,
)
from funcorr.pseudolabel.selection.tables import read_table

FUNCTIONS = {
    "a kitchen": "pour with: Lets a liquid out.\nPouring with: Empties.\nwhisk with: Beats.",
    "a workshop": "1. **Pound with**: Hits a nail.",
    "a garden": "I cannot help.",
}
CATEGORIES = {
    "pour with": "- A kettle\n- coffee mug\n- mug of coffee",
    "whisk with": "fork",
    "pound with": "Here you are:\nhammer, stone",
}


def answer(prompt: str) -> str:
    for known in (FUNCTIONS, CATEGORIES):
        for asked, said in known.items():
            if f"of {asked}?" in prompt or f"can one {asked}?" in prompt:
                return said
    return "pour with: Something else."


@pytest.fixture
def run(funcorr_command, tmp_path):
    with FakeVLM(texts=answer) as fake:

        def call(*words, model=True):
            named = ("--model", "fake", "--server", fake.url) if model else ()
            return funcorr_command("assets", "propose", tmp_path / "words", *named, *words)

        call.folder, call.server = tmp_path / "words", fake
        yield call


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_three_calls_with_a_person_between_them_give_a_pairing(run):
    first = run()
    assert first.code == 0, first.err
    assert "4 functions proposed" in first.out
    assert "a garden: the answer names no function" in first.out
    table = run.folder / "functions.csv"
    rows = {row["function"]: row for row in read_table(table, (), unique=("function",))}
    assert rows["pour-with"]["meaning"] == "Lets a liquid out."
    assert rows["pouring-with"]["duplicate_of"] == "pour-with"
    assert rows["pound-with"]["duplicate_of"] == ""
    edit(table, "whisk-with,Beats.,,yes", "whisk-with,Beats.,,no")

    second = run()
    assert second.code == 0, second.err
    table = run.folder / "categories.csv"
    rows = read_table(table, (), unique=("function", "category"))
    assert [(row["function"], row["category"]) for row in rows] == [
        ("pound-with", "hammer"),
        ("pound-with", "stone"),
        ("pour-with", "kettle"),
        ("pour-with", "coffee mug"),
        ("pour-with", "mug of coffee"),
    ]
    assert rows[-1]["duplicate_of"] == "coffee mug"
    edit(table, "stone,,yes", "stone,,no")
    asked = len(run.server.seen)

    third = run(model=False)
    assert third.code == 0, third.err
    assert "--pairing proposed" in third.out
    assert len(run.server.seen) == asked
    taxonomy = load_taxonomy(run.folder / "proposed.toml")
    assert dict(taxonomy.lists["proposed"]) == {
        "pound-with": ("hammer",),
        "pour-with": ("coffee mug", "kettle"),
    }
    assert taxonomy.functions["pound-with"].meaning == "Hits a nail."


def test_the_pairing_goes_into_a_selection(run, funcorr_command, tmp_path):
    for _ in range(3):
        assert run().code == 0
    captions = tmp_path / "captions.csv"
    captions.write_text("h1,a claw hammer\n", "utf-8")
    chosen = tmp_path / "chosen"
    words = ("assets", "select", chosen, "--captions", captions, "--stage")
    ask = ("--model", "fake", "--server", run.server.url)
    run.server.texts = lambda prompt: "hammer"
    pairing = ("--taxonomy", run.folder / "proposed.toml", "--pairing", "proposed")
    assert funcorr_command(*words, "names", *ask, *pairing).code == 0
    matched = funcorr_command(*words, "match", *pairing)
    assert matched.code == 0, matched.err
    assert read_table(chosen / "matches.csv", ())[0]["category"] == "hammer"


def test_a_broken_off_run_asks_nothing_twice(run):
    run.server.script[:] = ["ok", "ok"]
    assert run().code == 0
    asked = len(run.server.seen)
    assert asked == len(PLACES)
    (run.folder / "functions.csv").unlink()
    assert run().code == 0
    assert len(run.server.seen) == asked


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Hits a nail.,,yes", ",,yes", "pound-with has no meaning"),
        (",yes", ",no", "keeps nothing; write yes in the column keep"),
        (",yes", ",perhaps", "expected yes or no, got 'perhaps'"),
        ("function,meaning", "name,meaning", "function"),
    ],
)
def test_damaged_tables_are_one_line(run, old, new, line):
    assert run().code == 0
    edit(run.folder / "functions.csv", old, new)
    refused = run()
    assert refused.code == 2
    assert line in refused.err
    assert not (run.folder / "categories.csv").exists()


def test_what_is_there_is_not_written_over_and_a_category_needs_its_function(run):
    for _ in range(3):
        assert run().code == 0
    again = run()
    assert again.code == 2
    assert "delete it to write it anew" in again.err
    (run.folder / "proposed.toml").unlink()
    edit(run.folder / "functions.csv", "Hits a nail.,,yes", "Hits a nail.,,no")
    assert "pound-with is not among the functions" in run().err
    assert "a cosine lies between" in run("--threshold", "2").err


def test_a_model_is_named_where_one_is_asked(run):
    assert "--model" in run(model=False).err


@given(st.text())
def test_any_answer_is_read(text):
    read_functions(text)
    read_categories(text)


def test_duplicates_are_of_names_that_stand_alone():
    encoder = load_text_encoder("minilm")
    names = ["hammer", "frying pan", "hammer", "pan for frying", "fry pan"]
    assert near_duplicates(names, encoder, 0.8) == {
        "pan for frying": "frying pan",
        "fry pan": "frying pan",
    }
    assert near_duplicates([], encoder, 0.8) == {}
    assert near_duplicates(names, encoder, 1.1) == {}
