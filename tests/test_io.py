"""Names of files: whatever the words, never the same twice."""

from hypothesis import given
from hypothesis import strategies as st

from funcorr.cli.afford import file_stem
from funcorr.functions import check_function
from funcorr.io import file_name

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
