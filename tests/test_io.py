"""Files that are whole or absent, and named so that no two share one."""

import os
import stat
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr.cli.afford import file_stem
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.io import (
    atomic_folder,
    atomic_path,
    file_name,
    read_arrays,
    read_json,
    remove_leftovers,
    write_arrays,
    write_json,
)

WORDS = st.text(st.sampled_from("ab _-./\\%+é'2F"), min_size=1, max_size=6)


@given(WORDS, WORDS)
def test_two_names_never_share_a_file(one, other):
    assert (file_name(one) == file_name(other)) == (one == other)
    assert not set(file_name(one)) & set("/\\. ")


@given(WORDS.filter(lambda words: {"a", "b", "é"} & set(words)))
def test_a_heatmap_file_is_named_by_its_action_alone(action):
    stem = file_stem(action)
    assert check_function(stem) == check_function(action)
    assert not set(stem) & set("/\\. ")


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_file_gets_the_rights_of_the_users_umask_which_nobody_touches(
    tmp_path, monkeypatch, umask
):
    before = os.umask(umask)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "umask", lambda mask: pytest.fail("set for every thread"))
            write_json(tmp_path / "a.json", {})
            with atomic_folder(tmp_path / "folder"):
                pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o777 & ~umask
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o666 & ~umask


def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path):
    write_json(tmp_path / "a.json", 1)

    def write_half():
        with atomic_path(tmp_path / "a.json") as path:
            path.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert read_json(tmp_path / "a.json") == 1
    assert os.listdir(tmp_path) == ["a.json"]


def test_leftovers_of_a_killed_writer_are_found_by_their_name(tmp_path):
    writer = atomic_path(tmp_path / "a.json")
    writer.__enter__()
    (tmp_path / ".keep-me.json").touch()
    assert len(os.listdir(tmp_path)) == 2
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == [".keep-me.json"]


def test_many_writers_of_one_file_leave_it_whole(tmp_path):
    writers = [
        threading.Thread(target=write_json, args=(tmp_path / "a.json", [number] * 1000))
        for number in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len({*read_json(tmp_path / "a.json")}) == 1
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot write .*file: "):
        write_json(tmp_path / "file" / "a.json", {})
    with pytest.raises(UserError, match=r"holds a NUL"):
        write_json(tmp_path / "a\0b.json", {})


def test_large_arrays_come_back_as_small_ones_do(tmp_path, monkeypatch):
    arrays = {"part": np.arange(12.0).reshape(3, 4), "name": np.array("pour"), "few": np.array(3)}
    for limit in (0, 1 << 26):
        monkeypatch.setattr("funcorr.io.LARGE_ARRAYS", limit)
        write_arrays(tmp_path / "a.npz", **arrays)
        found = read_arrays(tmp_path / "a.npz", list(arrays), "arrays")
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)
    monkeypatch.setattr("funcorr.io.LARGE_ARRAYS", 0)
    with pytest.raises(ValueError, match="pickle"):
        write_arrays(tmp_path / "b.npz", bad=np.array([{}], object))
    assert not (tmp_path / "b.npz").exists()
