import re
import socket
import time
from pathlib import Path

import pytest

from helpers import UCF101, samples
from helpers.basics.listing import links_in
from tests.support.operating_systems import needs_symlinks

INDEX = """<html><a href="v_CricketShot_g04_c02.avi">v_CricketShot_g04_c02.avi</a> 300K
<a href="v_CricketShot_g04_c01.avi">v_CricketShot_g04_c01.avi</a> 310K
<a href="v_Archery_g01_c01.avi">v_Archery_g01_c01.avi</a> <a href="../v_Up_g01_c01.avi.exe">no</a></html>"""
CLIP = b"RIFF" + bytes(1000)


def write(path, content=CLIP):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


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


def test_a_clip_is_downloaded_once_into_the_cache(mirror, httpserver, cache):
    path = UCF101(mirror)["v_CricketShot_g04_c02.avi"]
    assert path.read_bytes() == CLIP
    assert cache in path.parents
    requests = len(httpserver.log)
    assert UCF101(mirror)["v_CricketShot_g04_c02.avi"] == path
    assert len(httpserver.log) == requests + 1, "only the index"


def test_it_is_a_mapping_from_names_to_paths(mirror, httpserver):
    dataset = UCF101(mirror)
    names = ["v_Archery_g01_c01.avi", "v_CricketShot_g04_c01.avi", "v_CricketShot_g04_c02.avi"]
    assert list(dataset) == list(dataset.keys()) == names
    assert names[0] in dataset and "v_Archery_g01_c99.avi" not in dataset
    assert 0 not in dataset and Path(names[0]) not in dataset
    assert dataset.get("v_Archery_g01_c99.avi") is None
    assert len(dataset.items()) == 3
    assert dataset == dataset and dataset != UCF101(mirror) and isinstance(hash(dataset), int)
    assert {request.path for request, _ in httpserver.log} == {"/UCF101/"}, "no clip was downloaded"


def test_clips_are_downloaded_one_by_one(mirror, httpserver):
    httpserver.expect_request("/UCF101/v_Archery_g01_c01.avi").respond_with_data(CLIP)
    name, path = next(iter(UCF101(mirror).items()))
    assert path.name == name and path.read_bytes() == CLIP
    assert [request.path for request, _ in httpserver.log] == ["/UCF101/", "/UCF101/v_Archery_g01_c01.avi"]


@pytest.mark.parametrize("key, kind", [(0, "int"), (Path("v_Cartwheel_g01_c01.avi"), "Path"), (None, "NoneType"), ([], "list")])
def test_a_key_that_is_not_a_name_is_a_clear_error(key, kind):
    with pytest.raises(KeyError, match=rf"must be a str, such as 'v_Backflip_g01_c01.avi', not .* of type \w*{kind}"):
        samples[key]


def test_two_mirrors_do_not_share_their_clips(httpserver, cache):
    """Both addresses once had the same cache folder."""
    roots = {"/a-b/": CLIP + b"first", "/a.b/": CLIP + b"second"}
    for root, clip in roots.items():
        httpserver.expect_request(root).respond_with_data(INDEX)
        httpserver.expect_request(f"{root}v_Archery_g01_c01.avi").respond_with_data(clip)
    paths = [UCF101(httpserver.url_for(root))["v_Archery_g01_c01.avi"] for root in roots]
    assert [path.read_bytes() for path in paths] == list(roots.values())


@pytest.mark.parametrize("root", ["/UCF101/", "/UCF101"])
def test_the_query_of_an_address_is_sent_with_each_request(httpserver, cache, root):
    httpserver.expect_request(root, query_string="token=t0psecret").respond_with_data(INDEX)
    httpserver.expect_request("/UCF101/v_Archery_g01_c01.avi", query_string="token=t0psecret").respond_with_data(CLIP)
    path = UCF101(httpserver.url_for(root) + "?token=t0psecret")["v_Archery_g01_c01.avi"]
    assert path.read_bytes() == CLIP
    assert "t0psecret" not in str(path)


NAME = "v_Archery_g01_c01.avi"
LINKS = {
    f"<a href='{NAME}'>": f"/UCF101/{NAME}",
    f"<a href={NAME}>": f"/UCF101/{NAME}",
    f'<A HREF = "{NAME}">': f"/UCF101/{NAME}",
    f'<a class="clip" href="./{NAME}">': f"/UCF101/{NAME}",
    '<a href="v%5FArchery_g01_c01.avi">': "/UCF101/v%5FArchery_g01_c01.avi",
    f'<a href="/elsewhere/{NAME}">': f"/elsewhere/{NAME}",
    f'<a href="../elsewhere/{NAME}">': f"/elsewhere/{NAME}",
    f'<a href="HOST/elsewhere/{NAME}">': f"/elsewhere/{NAME}",
    f'<a href="Archery/{NAME}">': f"/UCF101/Archery/{NAME}",
    f'<a href="{NAME}?download=1&amp;of=2">': f"/UCF101/{NAME}?download=1&of=2",
    f'<base href="/files/"><a href="{NAME}">': f"/files/{NAME}",
    f'<a href="http://[">broken</a> <a href="{NAME}">': f"/UCF101/{NAME}",
}


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("page, encoding", [("/UCF101/", "utf-8"), ("/UCF101", "utf-16"), ("/UCF101/index.html", "utf-8")])
def test_a_page_is_read_as_a_browser_reads_it(link, page, encoding, httpserver, cache):
    content = link.replace("HOST", httpserver.url_for("").rstrip("/")).encode(encoding)
    httpserver.expect_request(page).respond_with_data(content)
    path, _, query = LINKS[link].replace("%5F", "_").partition("?")
    httpserver.expect_request(path, query_string=query).respond_with_data(CLIP)
    dataset = UCF101(httpserver.url_for(page))
    assert list(dataset) == [NAME] and dataset[NAME].read_bytes() == CLIP
    assert dataset[NAME].parent.parent == cache, "whatever the path of the address"


def test_links_are_relative_to_the_address_that_a_page_is_redirected_to(httpserver, cache):
    moved = {"Location": httpserver.url_for("/new/clips/")}
    httpserver.expect_request("/old", query_string="token=t0psecret").respond_with_data("", 302, moved)
    httpserver.expect_request("/new/clips/").respond_with_data(f'<a href="{NAME}">')
    httpserver.expect_request(f"/new/clips/{NAME}", query_string="token=t0psecret").respond_with_data(CLIP)
    assert UCF101(httpserver.url_for("/old?token=t0psecret"))[NAME].read_bytes() == CLIP


def test_a_token_is_not_sent_to_another_server():
    addresses = (f"https://example.com/{NAME}", "http://example.org/v_Archery_g01_c03.avi", *2 * ["v_Archery_g01_c02.avi"])
    page = "".join(f'<a href="{address}">' for address in addresses)
    assert links_in(page, "https://example.org/?token=t0psecret") == {
        NAME: f"https://example.com/{NAME}",
        "v_Archery_g01_c03.avi": "http://example.org/v_Archery_g01_c03.avi",
        "v_Archery_g01_c02.avi": "https://example.org/v_Archery_g01_c02.avi?token=t0psecret",
    }


def test_the_categories_are_displayed(mirror):
    assert repr(UCF101(mirror)).splitlines() == [
        "3 videos in 2 categories",
        "  Archery                 1   v_Archery_g01_c01.avi",
        "  CricketShot             2   v_CricketShot_g04_c01.avi, v_CricketShot_g04_c02.avi",
    ]
    page = UCF101(mirror)._repr_html_()
    assert "<caption>3 videos in 2 categories</caption>" in page
    assert "<tr><td>Archery</td><td>1</td><td>v_Archery_g01_c01.avi</td></tr>" in page
    assert re.search(r'tabindex="0" aria-label="[^"]+" style="[^"]*max-height:[^"]*overflow:auto', page), "a long one scrolls"


def test_an_unknown_name_suggests_similar_ones(mirror):
    with pytest.raises(KeyError, match="most similar names are v_CricketShot_g04_c0"):
        UCF101(mirror)["v_CricketShot_g04_c03.avi"]


def test_the_environment_variable_sets_the_root(mirror, monkeypatch):
    monkeypatch.setenv("UCF101_ROOT", mirror)
    assert len(UCF101()) == 3


def test_the_default_root_is_the_datasets_web_site(monkeypatch):
    monkeypatch.delenv("UCF101_ROOT", raising=False)
    assert UCF101().root == "https://www.crcv.ucf.edu/THUMOS14/UCF101/UCF101/"


def test_the_extracted_archive_is_a_root(tmp_path):
    """It has one folder for each action, below UCF-101/."""
    for name in ["Archery/v_Archery_g01_c01.avi", "Archery/v_Archery_g01_c02.avi", "Biking/v_Biking_g01_c01.avi"]:
        write(tmp_path / "UCF-101" / name)
    for root in (tmp_path, tmp_path / "UCF-101"):
        dataset = UCF101(root)
        assert {action: len(names) for action, names in dataset.categories.items()} == {"Archery": 2, "Biking": 1}
        assert dataset["v_Biking_g01_c01.avi"] == tmp_path / "UCF-101" / "Biking" / "v_Biking_g01_c01.avi"


def test_of_two_identical_clips_the_first_is_used(tmp_path):
    for folder in ("test", "train"):
        write(tmp_path / folder / "v_Archery_g01_c01.avi")
    dataset = UCF101(tmp_path)
    assert list(dataset.values()) == [tmp_path / "test" / "v_Archery_g01_c01.avi"]


def test_two_different_clips_with_the_same_name_are_an_error(tmp_path):
    write(tmp_path / "mine" / "v_Archery_g01_c01.avi")
    write(tmp_path / "yours" / "v_Archery_g01_c01.avi", CLIP + b"another")
    with pytest.raises(ValueError, match="same name but are different videos. Rename or remove one of them"):
        UCF101(tmp_path)["v_Archery_g01_c01.avi"]


@needs_symlinks
def test_a_folder_that_links_to_its_parent_is_read_once(tmp_path):
    write(tmp_path / "Archery" / "v_Archery_g01_c01.avi")
    (tmp_path / "Archery" / "parent").symlink_to(tmp_path, target_is_directory=True)
    assert list(UCF101(tmp_path).values()) == [tmp_path / "Archery" / "v_Archery_g01_c01.avi"]


def test_a_folder_below_the_home_folder_is_a_root(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    write(tmp_path / "videos" / "v_Archery_g01_c01.avi")
    assert UCF101("~/videos")["v_Archery_g01_c01.avi"] == tmp_path / "videos" / "v_Archery_g01_c01.avi"


@pytest.mark.parametrize("folder, found", [("missing", "is not a folder"), ("", "lists no video")])
def test_a_folder_without_clips_is_a_clear_error(tmp_path, folder, found):
    with pytest.raises(FileNotFoundError, match=f"{found}.*UCF101_ROOT"):
        UCF101(tmp_path / folder).videos


def test_the_samples_are_at_least_ten_actions_from_four_sides():
    categories = samples.categories
    assert len(categories) >= 10
    assert all(len(names) == 4 for names in categories.values())


def test_a_random_clip_is_reproducible():
    assert samples.random(seed=7) == samples.random(seed=7)
    assert len({samples.random(seed) for seed in range(20)}) > 5
    assert samples.random().is_file()


def test_is_reachable_returns_whether_the_list_can_be_read(mirror, httpserver, tmp_path, monkeypatch):
    assert samples.is_reachable() and UCF101(mirror).is_reachable()
    assert not UCF101(tmp_path).is_reachable() and not UCF101(tmp_path / "missing").is_reachable()
    assert not UCF101(httpserver.url_for("/missing/")).is_reachable()


def test_a_silent_server_times_out(cache):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        assert not UCF101(f"http://127.0.0.1:{silent.getsockname()[1]}/UCF101/").is_reachable(timeout=0.5)
        assert len(UCF101(samples.root)) == 44, "another dataset does not wait for it"
        assert time.monotonic() - start < 5
