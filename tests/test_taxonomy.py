import copy
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from funcorr.cli.functions import list_functions, show
from funcorr.cli.main import main
from funcorr.errors import UserError
from funcorr.functions import (
    check_function,
    default_functions,
    function_words,
    load_taxonomy,
)

HEADER = 'format = "funcorr-taxonomy/1"\n'
SIZES = {
    "apply-torque-with": 3,
    "brush-with": 7,
    "cut-with": 20,
    "dig-with": 18,
    "hang-onto": 7,
    "lift-with": 16,
    "mix-with": 26,
    "peel-with": 6,
    "pick-up-with": 5,
    "pierce-with": 34,
    "poke-with": 32,
    "pound-with": 39,
    "pour-with": 25,
    "press-with": 43,
    "pry-with": 17,
    "pull-with": 11,
    "roll-onto": 19,
    "scoop-with": 20,
    "scrape-with": 48,
    "sift-with": 3,
    "spread-with": 9,
    "sweep-with": 17,
    "wedge-with": 4,
    "write-with": 7,
}


@pytest.fixture
def own(tmp_path):
    """Writes a user's taxonomy file."""

    def write(content, header=HEADER):
        path = tmp_path / "own.toml"
        path.write_text(header + content)
        return path

    return write


@pytest.mark.parametrize(
    "name",
    [
        "pour-with",
        "pour_with",
        "pour with",
        "  pour--with ",
        "Pour With",
        "POUR-with!",
        "pour/with",
        "\uff30\uff4f\uff55\uff52 with",
    ],
)
def test_one_function_has_one_name(name):
    assert check_function(name) == "pour-with"
    assert function_words(name) == "pour with"


@pytest.mark.parametrize("name", ["tickle-under", "pour", "crack nuts-with", "écrire-avec"])
def test_the_vocabulary_is_open(name):
    assert check_function(name) == name.replace(" ", "-")


def test_a_letter_may_be_written_with_its_accent_apart():
    assert check_function("e\u0301crire avec") == "\u00e9crire-avec"


@pytest.mark.parametrize("name", ["", " ", "-", "!?", "\n", "x" * 65, None, 3])
def test_unusable_names_are_refused_in_one_line(name):
    with pytest.raises(UserError, match="expected words such as pour-with") as caught:
        check_function(name)
    assert "\n" not in str(caught.value)


def test_the_taxonomy_has_the_functions_and_categories_of_the_task():
    taxonomy = load_taxonomy()
    papers = [f for f in taxonomy.functions.values() if f.source == "paper"]
    assert {f.name: len(f.categories) for f in papers} == SIZES
    assert default_functions(taxonomy.functions) == tuple(SIZES)
    assert len(taxonomy.categories) == 160
    assert sum(len(c.uses) for c in taxonomy.categories.values()) == 436
    assert sum(c.paper_unseen for c in taxonomy.categories.values()) == 22


def test_hold_by_is_ours_and_used_where_it_is_asked_for():
    taxonomy = load_taxonomy()
    added = [f for f in taxonomy.functions.values() if f.source != "paper"]
    assert [(f.name, f.source, f.categories) for f in added] == [("hold-by", "funcorr", ())]
    assert default_functions(["hold-by", "wave-at", "cut-with"]) == ("wave-at", "cut-with")


def test_every_sentence_and_clause_has_the_same_form():
    for category in load_taxonomy().categories.values():
        for part in category.parts.values():
            assert part.look[0].isupper(), (category.name, part)
            assert part.look.endswith("."), (category.name, part)
        for served in category.uses.values():
            for purpose in served.values():
                assert purpose[0].islower(), (category.name, purpose)
                assert purpose[-1].isalpha(), (category.name, purpose)


def test_every_category_is_in_one_file():
    shipped = files("funcorr.functions").joinpath("vocabulary").iterdir()
    tables = [tomllib.loads(file.read_text(encoding="utf-8")) for file in shipped]
    found = Counter(name for one in tables for name in one.get("categories", {}))
    assert set(found) == set(load_taxonomy().categories)
    assert set(found.values()) == {1}


def test_handal_is_a_named_list():
    handal = load_taxonomy().lists["handal"]
    assert len(handal) == 13
    assert len({c for categories in handal.values() for c in categories}) == 13
    assert sum(map(len, handal.values())) == 50


def test_the_taxonomy_knows_the_parts_that_the_forge_makes():
    from funcorr_forge import CATEGORIES, forge_asset

    known = load_taxonomy().categories
    for name in sorted(set(CATEGORIES) & set(known)):
        for index in range(4):
            for function, parts in forge_asset(name, index).parts.items():
                if function in known[name].uses:
                    assert set(parts) <= set(known[name].uses[function]), (name, function)


def test_an_own_file_adds_and_replaces(own):
    path = own("""
        functions.stack-onto.meaning = "Carry another of its kind."
        [categories.mug]
        edge = ["base"]
        parts.rim = "The top."
        uses.stack-onto.rim = "carries the next mug"
        [categories.crate]
        parts.rim = "The upper border."
        uses.stack-onto.rim = "carries the next crate"
        [lists.mine]
        stack-onto = ["crate", "pallet"]
    """)
    shipped = copy.deepcopy(load_taxonomy())
    taxonomy = load_taxonomy(path)
    mug = taxonomy.categories["mug"]
    assert taxonomy.functions["stack-onto"].categories == ("crate", "mug")
    assert [part.look for part in mug.serving("stack-onto")] == ["The top."]
    assert set(mug.uses) == {*shipped.categories["mug"].uses, "stack-onto"}
    assert {name for name, part in mug.parts.items() if part.edge} == {"rim", "base"}
    assert taxonomy.lists["mine"] == {"stack-onto": ("crate", "pallet")}
    assert load_taxonomy() == shipped
    assert taxonomy.categories["kettle"] == shipped.categories["kettle"]


def test_the_example_of_the_documentation_is_valid(own):
    page = Path(__file__).parents[1].joinpath("docs", "taxonomy.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    taxonomy = load_taxonomy(own(example, header=""))
    assert taxonomy.functions["stack-onto"].categories == ("crate",)
    assert taxonomy.categories["crate"].parts["rim"].edge


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[categories.mug", "not valid TOML"),
        ("objects = 3", "unknown key 'objects'"),
        ("functions.fly-with = 3", "functions.fly-with: expected a table"),
        ('functions.fly-with.reason = "x"', "unknown key 'reason'"),
        ("functions.fly-with = {}", "functions.fly-with.meaning: expected one line of text"),
        ('functions.fly-with = {meaning = "x", source = 3}', "fly-with.source: expected one line"),
        ('functions.fly_with.meaning = "x"', "write 'fly_with' as 'fly-with'"),
        ("categories.mug = 3", "categories.mug: expected a table"),
        ("categories.crate = {}", "categories.crate.parts: expected a table"),
        ('categories.mug.parts.rim = "two\\nlines"', "mug.parts.rim: expected one line of text"),
        ('categories.mug.parts.Rim = "x"', "'Rim' is not one or two lower-case words"),
        ('categories.mug.parts.fin = "x"', "'fin' serves no function"),
        ('categories.mug.small = ["fin"]', "mug.small: 'fin' is not known; describe it"),
        ('categories.mug.small = "rim"', "mug.small: expected a list"),
        ('categories.mug.uses.fly-with.rim = "x"', "'fly-with' is not known; give it a meaning"),
        ('categories.mug.uses.cut-with.fin = "x"', "'fin' is not known; describe it"),
        ("categories.mug.uses.cut-with = {}", "cut-with: has 0 parts, expected 1 to 3"),
        ('categories.mug.paper_unseen = "no"', "paper_unseen: expected true or false"),
        ('lists.mine.fly-with = ["mug"]', "lists.mine: 'fly-with' is not known"),
    ],
)
def test_a_broken_own_file_is_refused_in_one_line(own, content, message):
    path = own(content)
    with pytest.raises(UserError) as caught:
        load_taxonomy(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_of_another_kind_is_refused(own, tmp_path):
    with pytest.raises(UserError, match="funcorr-taxonomy/1"):
        load_taxonomy(own("x = 1", header=""))
    with pytest.raises(UserError, match="No such file"):
        load_taxonomy(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not valid TOML"):
        load_taxonomy(tmp_path / "binary.toml")


def test_list_prints_every_function(capsys, own):
    list_functions(own('functions.stack-onto.meaning = "Carry [another]."'))
    printed = capsys.readouterr().out
    assert all(name in printed for name in [*SIZES, "stack-onto", "[another]"])
    assert "26 functions, 160 categories, 436 pairs" in printed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hang_onto", ["hang-onto: Hold the weight", "coat hanger", "arc"]),
        ("Coat-Hanger", ["coat hanger", "hang-onto", "carries the whole on the rail"]),
        ("hold by", ["hold-by: Close a hand", "not the paper's, but added by funcorr"]),
        ("cut-with", ["chisel*", "* held out of training"]),
        ("chisel", ["chisel (held out of training in the paper)", "small, edge"]),
        ("handal", ["measuring cup"]),
        ("tickle-under", ["tickle-under: not in the taxonomy; as a function, models take it"]),
        ("HANDAL", ["ratchet"]),
        ("Ketle", ["Ketle: not in the taxonomy (did you mean kettle?)"]),
    ],
)
def test_show_finds_functions_categories_and_lists(capsys, monkeypatch, name, expected):
    monkeypatch.setenv("COLUMNS", "120")
    show(name)
    printed = capsys.readouterr().out
    assert all(words in printed for words in expected), printed


def test_the_command_takes_an_own_file(capsys, own):
    main(["functions", "show", "kettle", "--taxonomy", str(own('lists.mine.cut-with = ["saw"]'))])
    assert "guides the hot water out" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["functions", "list", "--taxonomy", "absent.toml"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: cannot read absent.toml")
