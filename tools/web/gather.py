"""Gather the web page that recognizes actions in the browser in one folder: build/web. Any web server can serve it.

The page consists of the files in web/, modules that it shares with the notebooks' widgets, LiteRT.js, fflate for zip
files, MoViNet-A0, its labels, and a sample clip.
"""

import argparse
import hashlib
import json
import shutil
import sys
from itertools import chain
from pathlib import Path

from helpers import samples
from helpers.basics.cache import staging_dir
from helpers.basics.messages import DownloadError
from helpers.models.movinet.files import fetch_labels, fetch_movinet
from helpers.video.reading import iterate_frames
from helpers.video.writing import write_video
from tools.web.runtime import fetch_packages, runtime_files

TOP = Path(__file__).resolve().parents[2]
LIST = "files.js"
SHARED = ["camera.js", "copy.js", "predictions.js", "recording.js", "resize.js"]  # of helpers/camera
SAMPLE = ("Jogging_g03", "Jogging_g01", "Cartwheel_g02", "Cartwheel_g04", "Backflip_g01", "Backflip_g03")  # 5 s of each action


def gather_page(folder):
    """Copy the page's own files and the shared modules."""
    shutil.copytree(TOP / "web", folder, dirs_exist_ok=True)
    (folder / "camera").mkdir(exist_ok=True)
    for name in SHARED:
        shutil.copy(TOP / "helpers" / "camera" / name, folder / "camera")


def gather_model(folder):
    """Copy MoViNet-A0, its labels, and the packages of npm, all downloaded if needed."""
    (folder / "data").mkdir()
    for path in (fetch_movinet("a0"), fetch_labels()):
        shutil.copyfile(path, folder / "data" / path.name)
    packages = fetch_packages()
    (folder / "litert").mkdir()
    for name, contents in runtime_files(packages).items():
        (folder / "litert" / name).write_bytes(contents)
    (folder / "fflate").mkdir()
    for name in ("esm/browser.js", "LICENSE"):
        shutil.copy(packages / "fflate" / name, folder / "fflate")


def gather_sample(folder):
    """Write the sample clip in a format that browsers play."""
    frames = chain.from_iterable(iterate_frames(samples[f"v_{name}_c01.avi"]) for name in SAMPLE)
    write_video(frames, folder / "data" / "sample.mp4", crf=23)


def write_list(folder):
    """Write files.js, from which the service worker knows what to keep for use without a network, and when it has changed."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    names = sorted(there - {LIST, "service_worker.js"})
    version = hashlib.sha256()
    for name in [*names, "service_worker.js"]:
        version.update(name.encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    files = {"version": version.hexdigest()[:16], "names": names}
    (folder / LIST).write_text(f"self.FILES = {json.dumps(files, indent=1)};\n", encoding="utf-8")


def gather(output):
    """Make the folder of the page; exit if there is another folder of this name, which would be replaced."""
    if output.exists() and not (output / LIST).is_file():
        sys.exit(f"{output} exists and is not such a page, so it was not replaced. Choose another folder with --output.")
    with staging_dir(output) as new:
        gather_page(new)
        gather_model(new)
        gather_sample(new)
        write_list(new)
        shutil.rmtree(output, ignore_errors=True)
        new.rename(output)
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    print(f"The page is complete: {output} ({size / 1e6:.0f} MB)")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=TOP / "build" / "web", help="output folder (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        gather(options.output)
    except DownloadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
