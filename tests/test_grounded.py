"""Matching inside the boxes of a vision-language model behind a real server."""

import json

import numpy as np
import pytest
from fake_vlm import Errors, FakeVLM, Scene, brackets, fractions
from PIL import Image
from test_known_parts import IMAGE, LEFT, OBJECT, RIGHT, SIZE, Place, make_bench
from tiny_models import save_dinov2

from funcorr import UserError, load_model
from funcorr.benchmark.evaluate import evaluate
from funcorr.correspondence.grounded import GroundedMatcher
from funcorr.correspondence.model import Matcher
from funcorr.pseudolabel.boxes import Box, BoxAnswer
from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.chat_grounder import ChatGrounder
from funcorr.pseudolabel.clients import RequestError
from funcorr.pseudolabel.openai_client import ChatModel
from funcorr.pseudolabel.part_finder import GroundingConfig, PartFinder


class Scripted:
    """A grounder that gives the answers of a script, one after the other."""

    name = fingerprint = "scripted"

    def __init__(self, *answers):
        self.answers, self.asked = answers, []

    def ask(self, image, query):
        self.asked.append(query)
        answer = self.answers[(len(self.asked) - 1) % len(self.answers)]
        if answer is None:
            raise RequestError("refused")
        return repr(answer)

    def read(self, text, size):
        answer = eval(text)
        if isinstance(answer, str):
            return BoxAnswer(())
        return BoxAnswer(tuple(Box(*corners) for corners in answer), declined=not answer)


def matcher(*answers, **config):
    finder = PartFinder(Scripted(*answers), GroundingConfig(**config))
    return GroundedMatcher("vlm", Place(), finder)


def test_boxes_become_a_mask_on_the_object():
    finder = matcher([(-0.5, -0.5, 9.5, 7.5)])
    found = finder.known_part(finder.encode(IMAGE, OBJECT, category="mug"), "pour-with")
    expected = np.zeros((SIZE, SIZE), bool)
    expected[4:8, 4:10] = True  # the object begins at (4, 4)
    np.testing.assert_array_equal(found, expected)


def test_answers_vote_and_parts_are_united():
    left, right = (-0.5, -0.5, 9.5, 31.5), (19.5, -0.5, 31.5, 31.5)
    votes = matcher([left], [left, right], [], None, samples=4)
    image = votes.encode(IMAGE, OBJECT, category="mug")
    found = votes.known_part(image, "pour-with")  # one part; both kinds of silence do not count
    assert found[10, 5]
    assert found[10, 25]
    strict = matcher([left], [left, right], samples=4, share=0.6)
    assert not strict.known_part(strict.encode(IMAGE, OBJECT, category="mug"), "pour-with")[10, 25]
    parts = matcher([left], [right])
    united = parts.known_part(parts.encode(IMAGE, OBJECT, category="hammer"), "pull-with")
    asked = parts.finder.grounder.asked
    assert len(asked) == len({query.part for query in asked})
    assert united[10, 5]
    assert united[10, 25] == (len(asked) > 1)


def test_the_taxonomy_names_the_parts_and_each_image_is_asked_about_once():
    finder = matcher([(0, 0, 9, 9)])
    image = finder.encode(IMAGE, OBJECT, category="kettle")
    for _ in range(2):
        finder.match(image, image, "pour-with")
    assert [query.part for query in finder.finder.grounder.asked] == ["spout"]
    assert finder.finder.grounder.asked[0].category == "kettle"
    finder.known_part(finder.encode(IMAGE, OBJECT), "pour-with")
    finder.known_part(finder.encode(IMAGE, OBJECT, category="gizmo"), "balance-upon")
    assert [query.part for query in finder.finder.grounder.asked[1:]] == [
        *("part to pour with", "part to balance upon")
    ]
    by_function = matcher([(0, 0, 9, 9)], by_function=True)
    by_function.known_part(by_function.encode(IMAGE, OBJECT, category="kettle"), "pour-with")
    assert by_function.finder.grounder.asked[0].part == "part to pour with"


@pytest.mark.parametrize("answer", [[], [(3.5, 3.5, 6.5, 7.4)]])
def test_no_box_or_a_tiny_one_means_plain_matching_in_both_tasks(answer):
    """12 pixels, 15 of the input, are too few."""
    finder, plain = matcher(answer, [(-0.5, -0.5, 9.5, 31.5)]), Matcher("plain", Place())
    images = [finder.encode(IMAGE, OBJECT) for _ in range(2)]
    points = np.array([[25.0, 8.0], [5.0, 9.0]])
    for first, second in (images, images[::-1]):
        found = finder.match(first, second, "cut-with")
        expected = plain.match(IMAGE, IMAGE, "cut-with", OBJECT, OBJECT)
        np.testing.assert_array_equal(found.points2, expected.points2)
    whole = plain.encode(IMAGE, OBJECT)
    for first, second in (images, images[::-1]):
        np.testing.assert_array_equal(
            finder.match(first, second, "cut-with").transfer(points).points,
            plain.match(whole, whole, "cut-with").transfer(points).points,
        )


def painted(folder):
    """The benchmark of the oracle's tests with pictures that can be told apart."""
    bench = make_bench(folder)
    lines = (bench / "pairs.jsonl").read_text()
    scenes = []
    for number, part in ((1, LEFT), (2, RIGHT)):
        rgb = np.full((SIZE, SIZE, 3), 255, np.uint8)
        rgb[OBJECT], rgb[part] = (120, 40, 40), (40, 40, 120)
        Image.fromarray(rgb).save(bench / f"image{number}.png")
        lines = lines.replace(
            f'"image{number}": "image.png"', f'"image{number}": "image{number}.png"'
        )
        scenes.append(Scene(rgb, {"edge": part, "part": part}))
    lines = lines.replace('"category1": "board"', '"category1": "saw"')
    (bench / "pairs.jsonl").write_text(lines.replace('"category2": "board"', '"category2": "saw"'))
    return bench, scenes


def test_with_right_boxes_it_scores_like_the_oracle(tmp_path):
    bench, scenes = painted(tmp_path)
    with FakeVLM(scenes, write=brackets) as server:
        grounder = ChatGrounder(ChatModel(ChatConfig("fake", server.url)), "cogvlm")
        model = GroundedMatcher("vlm", Place(), PartFinder(grounder))
        found = evaluate(bench, model, tmp_path / "vlm")
        assert len(server.seen) == 2  # two pictures, one part each
        assert "edge" in str(server.seen[0]["messages"][-1]["content"][-1])
        evaluate(bench, model, tmp_path / "vlm")
        assert len(server.seen) == 2
    oracle = evaluate(bench, Matcher("oracle", Place(), given=["part"]), tmp_path / "oracle")
    plain = evaluate(bench, Matcher("plain", Place()), tmp_path / "plain")
    assert found["overall"].pop("part_iou") > 0.95
    assert found["overall"] == pytest.approx(oracle["overall"], abs=0.02)
    assert found["overall"]["ap@23"] > plain["overall"]["ap@23"]


def test_rows_of_the_paper_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path / "cache"))
    save_dinov2(tmp_path / "cache" / "weights" / "dinov2-base", layers=4)
    monkeypatch.delenv("FUNCORR_VLM_URL", raising=False)
    with pytest.raises(UserError, match="export FUNCORR_VLM_URL=http"):
        load_model("vlm+dino:cogvlm", "cpu")
    with pytest.raises(UserError, match=r"expected vlm\+FEATURES:GROUNDER"):
        load_model("vlm+chance:cogvlm", "cpu")
    with pytest.raises(UserError, match="unknown weights 'yolo'"):
        load_model("vlm+dino:yolo", "cpu")
    (tmp_path / "bench").mkdir()
    bench, scenes = painted(tmp_path / "bench")
    with FakeVLM(scenes, write=fractions, models=("manipvqa",)) as server:
        monkeypatch.setenv("FUNCORR_VLM_URL", server.url)
        monkeypatch.setenv("FUNCORR_VLM_MODEL", "manipvqa")
        prints = set()
        for name, word in (("p", "edge of a saw"), ("f", "part to cut with of a saw")):
            model = load_model(f"vlm+dino:manipvqa-{name}", "cpu")
            prints.add(model.fingerprint)
            evaluate(bench, model, tmp_path / name)
            assert word in str(server.seen[-1]["messages"][-1]["content"][-1])
        assert len(prints) == 2


def test_a_server_that_is_down_fails_the_row_in_one_line(tmp_path):
    from funcorr.benchmark.run import run_rows

    bench, scenes = painted(tmp_path)
    with FakeVLM(scenes, errors=Errors(server_error=1.0)) as server:
        config = ChatConfig("fake", server.url, attempts=2)
        finder = PartFinder(ChatGrounder(ChatModel(config), "cogvlm"))
        refused = GroundedMatcher("refused", Place(), finder)
        done = run_rows(bench, tmp_path / "out", ["chance", refused])
    assert "refused: 2 of 2 questions got no answer" in done.failed[0].reason
    gone = GroundedMatcher("gone", Place(), PartFinder(ChatGrounder(ChatModel(config), "cogvlm")))
    done = run_rows(bench, tmp_path / "out", ["chance", gone])
    assert [row.name for row in done.failed] == ["gone"]
    assert "\n" not in done.failed[0].reason


HEAD, BOX = "benchmark.json", [(-0.5, -0.5, 15.5, 31.5)]


@pytest.mark.parametrize("silence", [None, "no idea"])
def test_a_row_with_too_many_questions_unanswered_has_no_numbers_until_they_are(tmp_path, silence):
    bench, _ = painted(tmp_path)
    out = tmp_path / "out"
    with pytest.raises(UserError, match=r"vlm: 1 of 2 questions got no answer.*at most 10%"):
        evaluate(bench, matcher(BOX, silence), out)
    assert not (out / "results.json").exists()
    again = matcher(BOX)
    found = evaluate(bench, again, out)
    assert len(again.finder.grounder.asked) == 2
    assert found["questions"] == {"asked": 2, "unanswered": 0}
    assert found == {**evaluate(bench, matcher(BOX), tmp_path / "fresh")}


def test_what_went_unanswered_is_counted_once_per_picture_and_shown(tmp_path, monkeypatch):
    from funcorr.benchmark import questions
    from funcorr.benchmark.run import run_rows

    monkeypatch.setattr(questions, "MOST_UNANSWERED", 0.25)
    bench, _ = painted(tmp_path)
    model = matcher(BOX, [], None, BOX, samples=4, share=0.1)  # three of four: a no is an answer
    assert evaluate(bench, model, tmp_path / "one")["questions"] == {"asked": 8, "unanswered": 2}
    line = "2 of 8 questions got no answer that could be read"
    assert (tmp_path / "one" / "table.md").read_text().endswith(f"\n\n{line}\n")
    run_rows(bench, tmp_path / "all", ["chance", matcher(BOX, [], None, BOX, samples=4, share=0.1)])
    assert f"- vlm: {line}" in (tmp_path / "all" / "table.md").read_text()
    assert f"vlm: {line}" in (tmp_path / "all" / "table.html").read_text()


def test_known_parts_are_not_asked_about():
    model = matcher(BOX)
    image = model.encode(IMAGE, OBJECT, part=LEFT)
    model.match(image, image, "cut-with")
    assert model.questions(image, "cut-with") == (0, 0)


def test_fifty_questions_in_vain_end_the_run(tmp_path, monkeypatch):
    from funcorr.benchmark import questions

    bench, _ = painted(tmp_path)
    pair, head = (json.loads((bench / name).read_text()) for name in ("pairs.jsonl", HEAD))
    functions = ["cut-with", "saw-with", "poke-with"]
    pairs = [pair | {"id": each, "function": each} for each in functions]
    (bench / "pairs.jsonl").write_text("".join(json.dumps(each) + "\n" for each in pairs))
    (bench / HEAD).write_text(json.dumps(head | {"functions": functions, "pairs": 3}))
    monkeypatch.setattr(questions, "IN_VAIN", 4)
    model = matcher(None)
    with pytest.raises(UserError, match="4 of 4 questions"):
        evaluate(bench, model, tmp_path / "out")
