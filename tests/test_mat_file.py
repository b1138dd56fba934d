"""MATLAB files as scipy writes them, whole and damaged."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from funcorr.groundtruth.photographs.mat_file import numeric_array


def written(compressed=False, **arrays):
    stream = io.BytesIO()
    savemat(stream, arrays, do_compression=compressed)
    return stream.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "f4", "f8", "u8"])
@pytest.mark.parametrize("shape", [(5, 7), (1, 1), (2, 3)])
def test_what_scipy_writes_is_read(compressed, kind, shape):
    values = np.arange(np.prod(shape)).reshape(shape).astype(kind)
    content = written(compressed, other=np.eye(3), gt_label=values, text="words")
    found = numeric_array(content, "gt_label")
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "version 5"),
        (written(other=np.eye(3)), "no gt_label"),
        (written(gt_label=np.eye(3) * 1j), "real numbers"),
        (written(gt_label="words"), "real numbers"),
        (written(gt_label=np.eye(9))[:300], "ends within"),
        (written(True, gt_label=np.eye(9))[:150], "ends within"),
    ],
)
def test_other_files_say_why(content, said):
    with pytest.raises(ValueError, match=said):
        numeric_array(content, "gt_label")


WHOLE = {each: written(each, gt_label=np.eye(20)) for each in (False, True)}


@given(st.booleans(), st.data())
def test_a_damaged_file_is_read_or_refused(compressed, data):
    content = bytearray(WHOLE[compressed])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(126, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(100, len(content)))
    with contextlib.suppress(ValueError):
        numeric_array(bytes(content[:cut]), "gt_label")
