import copy
import json
from importlib.resources import files

import pytest

from funcorr.cli.functions import list_functions, show
from funcorr.errors import UserError
from funcorr.functions import check_function, function_words, load_taxonomy
from funcorr.functions.taxonomy import parse_taxonomy


@pytest.mark.parametrize("name", ["pour-with", "pour_with", "pour with", "  pour--with "])
def test_one_function_has_one_name(name):
    assert check_function(name) == "pour-with"
    assert function_words(name) == "pour with"


@pytest.mark.parametrize("name", ["tickle-under", "pour", "crack nuts-with", "écrire-avec"])
def test_the_vocabulary_is_open(name):
    assert check_function(name) == name.replace(" ", "-")


@pytest.mark.parametrize(
    "name", ["", " ", "-", "Pour With!!", "Pour-with", "a/b", "x" * 65, None, 3]
)
def test_unusable_names_are_refused_in_one_line(name):
    with pytest.raises(UserError, match="lower-case words") as caught:
        check_function(name)
    assert "\n" not in str(caught.value)


def test_the_taxonomy_has_the_functions_of_the_task():
    taxonomy = load_taxonomy()
    pairs = [(f.name, c) for f in taxonomy.functions.values() for c in f.categories]
    assert (len(taxonomy.functions), len(pairs), len(set(pairs))) == (24, 436, 436)
    assert len({category for _, category in pairs}) == 160


def test_the_taxonomy_knows_everything_that_the_forge_makes():
    from funcorr.assets.forge import CATEGORIES, forge_asset

    known = load_taxonomy().categories
    assert set(known) == set(CATEGORIES)
    for name, category in known.items():
        for index in range(4):
            asset = forge_asset(name, index)
            assert set(asset.mesh.part_names) <= set(category.parts)
            for function, parts in asset.parts.items():
                assert set(parts) <= set(category.functions[function])


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda t: t.update(format="other"), "funcorr-taxonomy/1"),
        (lambda t: t["functions"]["cut-with"].pop("meaning"), "lacks something"),
        (lambda t: t["functions"].update({"cut_with": t["functions"]["cut-with"]}), "hyphens"),
        (lambda t: t["functions"]["cut-with"]["held_out"].append("moon"), "moon"),
        (lambda t: t["categories"]["mug"]["functions"].update({"fly-with": ["rim"]}), "fly-with"),
        (lambda t: t["categories"]["mug"]["functions"].update({"cut-with": ["fin"]}), "fin"),
    ],
)
def test_a_broken_taxonomy_is_refused(break_it, message):
    text = files("funcorr.functions").joinpath("taxonomy.json").read_text()
    content = copy.deepcopy(json.loads(text))
    break_it(content)
    with pytest.raises(UserError, match=message):
        parse_taxonomy(content)


def test_commands_print_functions(capsys):
    list_functions()
    assert "hang-onto" in capsys.readouterr().out
    show("hang_onto")
    assert "coat hanger, arc" in capsys.readouterr().out
    show("tickle-under")
    assert "not in the taxonomy" in capsys.readouterr().out
