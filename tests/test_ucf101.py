import pytest

from helpers import UCF101, samples
from helpers.plumbing.messages import DownloadError

INDEX = """<html><a href="v_CricketShot_g04_c02.avi">v_CricketShot_g04_c02.avi</a> 300K
<a href="v_CricketShot_g04_c01.avi">v_CricketShot_g04_c01.avi</a> 310K
<a href="v_Archery_g01_c01.avi">v_Archery_g01_c01.avi</a> <a href="../v_Up_g01_c01.avi.exe">no</a></html>"""
CLIP = b"RIFF" + bytes(1000)


@pytest.fixture
def mirror(httpserver, cache):
    httpserver.expect_request("/UCF101/").respond_with_data(INDEX, content_type="text/html")
    httpserver.expect_request("/UCF101/v_CricketShot_g04_c02.avi").respond_with_data(CLIP)
    return httpserver.url_for("/UCF101/")


def test_the_index_is_a_web_page(mirror):
    dataset = UCF101(mirror)
    assert len(dataset) == 3
    assert dataset.categories == {
        "Archery": ["v_Archery_g01_c01.avi"],
        "CricketShot": ["v_CricketShot_g04_c01.avi", "v_CricketShot_g04_c02.avi"],
    }


def test_a_clip_is_fetched_once_into_the_cache(mirror, httpserver, cache):
    path = UCF101(mirror)["v_CricketShot_g04_c02.avi"]
    assert path.read_bytes() == CLIP
    assert cache in path.parents
    requests = len(httpserver.log)
    assert UCF101(mirror)["v_CricketShot_g04_c02.avi"] == path
    assert len(httpserver.log) == requests + 1, "the index only"


def test_it_shows_its_categories(mirror):
    assert repr(UCF101(mirror)).splitlines() == [
        "3 videos in 2 categories",
        "  Archery                 1   v_Archery_g01_c01.avi",
        "  CricketShot             2   v_CricketShot_g04_c01.avi, v_CricketShot_g04_c02.avi",
    ]
    page = UCF101(mirror)._repr_html_()
    assert "<caption>3 videos in 2 categories</caption>" in page
    assert "<tr><td>Archery</td><td>1</td><td>v_Archery_g01_c01.avi</td></tr>" in page


def test_an_unknown_name_brings_the_nearest(mirror):
    with pytest.raises(KeyError, match="nearest are v_CricketShot_g04_c0"):
        UCF101(mirror)["v_CricketShot_g04_c03.avi"]


def test_the_variable_names_another_root(mirror, monkeypatch):
    monkeypatch.setenv("UCF101_ROOT", mirror)
    assert len(UCF101()) == 3


def test_without_the_variable_it_is_the_datasets_home(monkeypatch):
    monkeypatch.delenv("UCF101_ROOT", raising=False)
    assert UCF101().root == "https://www.crcv.ucf.edu/THUMOS14/UCF101/UCF101/"


def test_an_unreachable_server_names_the_ways_on(cache, monkeypatch):
    monkeypatch.setattr("helpers.plumbing.download.TRIES", 1)
    with pytest.raises(DownloadError, match="use `samples`.*UCF101_ROOT"):
        len(UCF101("http://127.0.0.1:9/UCF101/"))


def test_a_folder_is_a_root_too(tmp_path):
    (tmp_path / "v_Archery_g01_c01.avi").write_bytes(CLIP)
    assert UCF101(tmp_path)["v_Archery_g01_c01.avi"] == tmp_path / "v_Archery_g01_c01.avi"


@pytest.mark.parametrize("make", [lambda folder: folder / "none", lambda folder: folder])
def test_a_folder_without_clips_says_so(tmp_path, make):
    with pytest.raises(FileNotFoundError, match="UCF101_ROOT"):
        UCF101(make(tmp_path)).videos


def test_the_samples_are_ten_actions_from_four_sides():
    categories = samples.categories
    assert len(categories) >= 10
    assert all(len(names) == 4 for names in categories.values())


def test_a_random_clip_is_repeatable():
    assert samples.random(seed=7) == samples.random(seed=7)
    assert len({samples.random(seed) for seed in range(20)}) > 5
    assert samples.random().is_file()
