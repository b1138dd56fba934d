"""Asking about one part in one view: windows, attempts, what is kept, and the oracle."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_data import grounder_at, render_mallets, server_for, true_head

from funcorr.errors import UserError
from funcorr.pseudolabel.answer_log import Answer, AnswerLog
from funcorr.pseudolabel.box_agreement import agreed_box, hull
from funcorr.pseudolabel.boxes import Box
from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.exact_boxes import LEVELS, BoxErrors, Oracle
from funcorr.pseudolabel.quality import box_iou
from funcorr.pseudolabel.view_queries import AskConfig, Asker, Window
from funcorr.render.dataset import Dataset

QUERY = PartQuery("head", "A block.", "mallet", "pound-with")
ONE = AskConfig(samples=2, attempts=4, enlarge=False)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return render_mallets(tmp_path_factory.mktemp("asking"), count=1)


@pytest.fixture
def view(dataset):
    asset = Dataset(dataset)["mallet-0000"]
    views = [asset.view(i) for i in range(asset.n_views)]
    return max(views, key=lambda view: np.sum(true_head(view)))


@pytest.fixture
def log(tmp_path):
    return AnswerLog(tmp_path / "answers.jsonl")


corner = st.floats(0, 60)


@given(corner, corner, st.floats(1, 40), st.floats(1, 40), st.floats(1, 3), st.booleans())
def test_windows_are_squares_inside_the_view_and_hold_the_box(x, y, width, height, zoom, enlarge):
    size = (90, 120)
    box = Box(x, y, x + width, y + height).clipped(size)
    window = Window.around(box, size, zoom)
    if window is None:
        assert zoom * max(box.width, box.height) >= 0.8 * 90 - 1
        return
    left, top, side, _ = window.corners
    assert window.width == window.height
    assert 0 <= left <= 120 - side
    assert 0 <= top <= 90 - side
    assert left - 1 <= box.x0 + 0.5
    assert box.x1 - 0.5 <= left + side
    shown = window.shown_size(size, enlarge)
    assert shown == ((120, 120) if enlarge else (side, side))
    whole = window.to_view(Box(-0.5, -0.5, shown[1] - 0.5, shown[0] - 0.5), shown)
    assert whole.corners == pytest.approx(
        (left - 0.5, top - 0.5, left + side - 0.5, top + side - 0.5)
    )


def test_what_most_boxes_say():
    near = [Box(0, 0, 10, 10), Box(1, 1, 11, 11), Box(2, 0, 12, 10)]
    assert agreed_box([Box(40, 40, 50, 50), *near]).corners == pytest.approx((1, 1 / 3, 11, 31 / 3))
    assert agreed_box(near[:1]) == near[0]
    assert hull(near).corners == (0, 0, 12, 11)


def test_a_small_part_is_looked_at_closely(view, dataset, log):
    """The whole view, then a piece of it; the boxes of the piece count, in the view's pixels."""
    with server_for(dataset) as server:
        asker = Asker(grounder_at(server), ONE)
        asker.ask(view, QUERY, True, log)
        assert len(server.seen) == 4
        closer = log.about(view.index, "head", zoomed=True)
        answers = asker.answers(view, "head", log)
    side = closer[0].window[2]
    exact = Box.around(true_head(view))
    assert side == pytest.approx(1.5 * max(exact.width, exact.height), abs=1.5)
    assert [len(boxes) for boxes in answers] == [1, 1]
    assert min(boxes[0].iou(exact) for boxes in answers) > 0.9


def test_enlarged_pieces_come_back_to_their_place(view, log):
    asker = Asker(Oracle("exact"), AskConfig(samples=1))
    asker.ask(view, QUERY, True, log)
    assert [a.zoomed for q in (False, True) for a in log.about(view.index, "head", q)] == [0, 1]
    ((box,),) = asker.answers(view, "head", log)
    assert box.iou(Box.around(true_head(view))) > 0.95


def test_unreadable_answers_are_asked_for_again_but_not_for_ever(view, dataset, log):
    with server_for(dataset) as server:
        asker = Asker(grounder_at(server), ONE)
        server.write = lambda boxes: "It is over there."
        asker.ask(view, QUERY, False, log)
        assert len(server.seen) == len(log) == 4
        assert asker.answers(view, "head", log) == ()
        asker.ask(view, QUERY, False, log)
        assert len(server.seen) == 4


def test_an_answer_that_the_part_is_not_there_counts(view, log):
    asker = Asker(Oracle(BoxErrors(miss=1)), AskConfig())
    asker.ask(view, QUERY, True, log)
    assert asker.answers(view, "head", log) == ((), (), (), ())


def test_a_log_is_read_again_without_its_broken_last_line(log):
    first = Answer(3, "spout", (0, 0, 9, 9), False, 'Täglich "[[1,2,3,4]]"\n')
    for answer in (first, Answer(3, "spout", (1, 2, 4, 4), True, "")):
        log.add(answer)
    with log.path.open("a") as file:
        file.write('{"view": 3, "part": "sp')
    again = AnswerLog(log.path)
    assert len(again) == 2
    assert again.about(3, "spout") == (first,)
    again.add(first)
    assert [json.loads(t)["zoomed"] for t in log.path.read_text("utf-8").splitlines()] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("line", ["[]", '{"view": 1}', "nonsense", '{"window": 3}'])
def test_a_damaged_log_is_named(log, line):
    log.path.write_text(f"{line}\n")
    with pytest.raises(UserError, match=r"answers\.jsonl are damaged"):
        AnswerLog(log.path)


def agreement(view, errors, log, samples=12) -> list[float]:
    """IoU of each of an oracle's answers with the exact box, 0 without a box."""
    asker = Asker(Oracle(errors), AskConfig(samples, samples))
    asker.ask(view, QUERY, False, log)
    answers = asker.answers(view, "head", log)
    ious = [box_iou([boxes], true_head(view)) for boxes in answers]
    return np.nan_to_num(ious).tolist()


def test_an_oracle_errs_as_told(view, tmp_path):
    def ious(**errors):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
        return agreement(view, BoxErrors(**errors), AnswerLog(path))

    assert min(ious()) > 0.95
    assert np.mean(ious(jitter=0.05)) > np.mean(ious(jitter=0.3)) > 0.2
    assert max(ious(wrong=1)) < 0.6
    assert set(ious(miss=1)) == {0}
    assert len(set(ious(whole=1))) == 1
    mixed = ious(miss=0.5, stubborn=0)
    assert 0.1 < np.mean(np.array(mixed) == 0) < 0.9
    assert len({value > 0 for value in ious(miss=0.5, stubborn=1)}) == 1


def test_an_oracle_repeats_itself_and_levels_have_names(view, tmp_path):
    runs = [agreement(view, LEVELS["realistic"], AnswerLog(tmp_path / n)) for n in "ab"]
    assert runs[0] == runs[1]
    assert Oracle("realistic").fingerprint != Oracle("realistic", seed=1).fingerprint
    with pytest.raises(UserError, match="exact, half, realistic, double"):
        Oracle("good")


@pytest.mark.parametrize(
    "make",
    [
        lambda: AskConfig(samples=0),
        lambda: AskConfig(samples=3, attempts=2),
        lambda: AskConfig(zoom=0.5),
        lambda: BoxErrors(jitter=-1),
        lambda: BoxErrors(whole=0.6, miss=0.6),
        lambda: BoxErrors(stubborn=2),
    ],
)
def test_senseless_settings_are_refused(make):
    with pytest.raises(UserError):
        make()
