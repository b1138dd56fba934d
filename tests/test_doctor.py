import pytest

from funcorr.cli import doctor


def by_item(topic):
    return {finding.item: finding for finding in doctor.examine() if finding.topic == topic}


def test_what_is_missing_says_what_it_would_give(monkeypatch):
    monkeypatch.setitem(doctor.EXTRAS, "app", (("no_such_module",), "the web page"))
    monkeypatch.setitem(doctor.EXTRAS, "render", (("json",), "rendering"))
    extras = by_item("extra")
    assert extras["app"].ok is False
    assert "no_such_module" in extras["app"].detail
    assert extras["app"].gives == "for the web page: pip install 'funcorr[app]'"
    assert extras["render"].ok is True
    assert extras["render"].gives == ""


def test_weights_and_cache_follow_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path / "not" / "there"))
    monkeypatch.setenv("FUNCORR_OFFLINE", "1")
    finding = by_item("weights")["minilm"]
    assert finding.ok is False
    assert finding.gives.endswith("funcorr weights fetch minilm")
    cache = by_item("cache")["folder"]
    assert cache.ok is True
    assert str(tmp_path / "not" / "there") in cache.detail
    assert "switched off" in cache.detail
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "capability", "expected"),
    [
        ({"avx2", "avx512f", "amx_tile"}, "AVX512", "AMX"),
        ({"avx2", "avx512f"}, "", "AVX-512"),
        (set(), "AVX512", "AVX-512"),
        (set(), "AVX2", "AVX2"),
        ({"neon"}, "DEFAULT", "none"),
    ],
)
def test_the_widest_unit_wins(flags, capability, expected):
    assert doctor.vector_unit(flags, capability) == expected


def test_the_table_keeps_the_brackets_of_extras(monkeypatch, capsys):
    monkeypatch.setitem(doctor.EXTRAS, "app", (("no_such_module",), "pages"))
    monkeypatch.setenv("COLUMNS", "160")
    doctor.doctor()
    out = capsys.readouterr().out
    assert "funcorr[app]" in out
    assert "torch threads" in out
