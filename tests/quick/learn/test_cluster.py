"""Processes of Dask on this computer, and a scheduler that runs already."""

import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import Client, LocalCluster

from helpers.learn.many_clips import cluster
from helpers.learn.many_clips import command as features_command
from helpers.learn.many_clips.run import extract_features, require_visible
from tests.support import TOP
from tests.support.command_line import run as run_python
from tests.support.many_clips import MODEL


def test_processes_share_cores_and_memory(monkeypatch):
    monkeypatch.setattr(cluster, "CPU_COUNT", 8)
    monkeypatch.setattr(cluster, "MEMORY_LIMIT", 18 * 10**9)
    options = cluster.worker_options(None, [])
    assert len(options) == 5 and {one["memory_limit"] for one in options} == {3_600_000_000}
    assert options[0]["env"]["TF_NUM_INTRAOP_THREADS"] == "1"
    assert [one["env"]["TF_NUM_INTRAOP_THREADS"] for one in cluster.worker_options(2, [])] == ["4", "4"]
    assert cluster.worker_options(9, [])[0]["memory_limit"] == cluster.MEMORY, "a long clip may need as much"
    assert len(cluster.worker_options(None, [], cluster.LONG_MEMORY)) == 4, "features over time: 4.5 GB for each"
    with_gpus = [one["env"] for one in cluster.worker_options(None, ["0", "GPU-1"])]
    assert [env["CUDA_VISIBLE_DEVICES"] for env in with_gpus] == ["0", "GPU-1"]
    assert {env["TF_FORCE_GPU_ALLOW_GROWTH"] for env in with_gpus} == {"true"}


@pytest.fixture
def one_gpu(monkeypatch, tmp_path):
    """A computer whose nvidia-smi lists one GPU."""
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\necho "GPU 0: NVIDIA GeForce RTX 3060 (UUID: GPU-x)"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.skipif(os.name != "posix", reason="nvidia-smi is a shell script here")
@pytest.mark.parametrize("model, processes", [("i3d", 1), ("movinet-a0", 16), ("mine.tflite", 16), ("learned", 16), ("saved", 1)])
def test_a_model_that_cannot_use_a_gpu_gets_all_cores(one_gpu, model, processes, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "CPU_COUNT", 16)
    monkeypatch.setattr(cluster, "MEMORY_LIMIT", 64 * 10**9)
    started = []

    def start(scheduler, workers):
        started.extend(workers)
        raise OSError("only counted")

    monkeypatch.setattr(cluster, "start", start)
    monkeypatch.chdir(tmp_path)
    for folder in ("clips/Red", "learned", "saved"):
        Path(folder).mkdir(parents=True)
    Path("clips/Red/1.avi").touch()
    Path("learned/network.tflite").touch()
    with pytest.raises(OSError, match="only counted"):
        extract_features("clips", "out", model, dashboard=None)
    assert len(started) == processes


@pytest.mark.parametrize(
    "visible, gpus",
    [
        ("0,1", ["0", "1"]),
        ("GPU-8a3c, MIG-1b2d", ["GPU-8a3c", "MIG-1b2d"]),
        ("1,-1,0", ["1"]),
        ("NoDevFiles", []),
        ("-1", []),
        ("", []),
    ],
)
def test_only_gpus_that_cuda_accepts_are_used(visible, gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert cluster.gpus() == gpus


def test_less_than_one_process_is_refused(clips, tmp_path):
    with pytest.raises(ValueError, match="workers must be at least 1, not -1"):
        extract_features(clips, tmp_path / "out", MODEL, workers=-1)


@pytest.mark.parametrize(
    "address, found",
    [
        ("8799", "127.0.0.1:8799"),
        (":8799", "127.0.0.1:8799"),
        ("lab:80", "lab:80"),
        ("[::1]:0", "[::1]:0"),
        ("0.0.0.0:1", "0.0.0.0:1"),
    ],
)
def test_a_dashboard_with_a_port_only_is_not_for_everybody(address, found):
    assert cluster.with_host(address) == found


@pytest.mark.parametrize("address", ["lab", "lab:", "lab:http", "65536", ""])
def test_a_dashboard_without_a_port_is_refused(address):
    with pytest.raises(ValueError, match="must be an address and a port, such as 127.0.0.1:8787, not"):
        cluster.with_host(address)


def test_the_command_lists_its_options_and_refuses_zero_workers():
    finished = run_python("-m", "helpers", "features", "--help")
    assert finished.returncode == 0 and "--scheduler" in finished.stdout
    finished = run_python("-m", "helpers", "features", "clips", "--workers", "0")
    assert finished.returncode == 2 and "must be at least 1, not 0" in finished.stderr


def test_a_run_in_which_every_clip_failed_is_an_error(clips, tmp_path, capsys):
    for path in clips.rglob("*.avi"):
        path.write_bytes(b"not a video")
    options = [str(clips), "--out", str(tmp_path / "out"), "--model", MODEL, "--workers", "1", "--dashboard", "off"]
    with pytest.raises(OSError, match="none of the 3 clips has features"):
        features_command.main(options)
    assert capsys.readouterr().out.splitlines()[-1].startswith("done 0, skipped 0, failed 3, ")


def test_a_dashboard_at_no_address_of_this_computer(clips, tmp_path):
    with pytest.raises(
        OSError, match="Dask could not be started: .*. Run the command again; if that does not help, choose another address"
    ):
        extract_features(clips, tmp_path / "out", MODEL, workers=1, dashboard="192.0.2.1:8787")


class Workers:
    """A client whose workers have these helpers."""

    def __init__(self, *fingerprints):
        self.scheduler = SimpleNamespace(address="tcp://lab:8786")
        self.fingerprints = fingerprints

    def run(self, function):
        if self.fingerprints == ("none",):
            raise ModuleNotFoundError("No module named 'helpers'")
        return {f"tcp://10.0.0.{i}:40000": fingerprint for i, fingerprint in enumerate(self.fingerprints)}


def test_workers_must_have_the_same_helpers(monkeypatch):
    read, texts = Path.read_text, []
    monkeypatch.setattr(Path, "read_text", lambda path, **options: texts.append(path) or read(path, **options))
    same = cluster.helpers_fingerprint()
    assert {TOP / "helpers" / name for name in ("__init__.py", "video/reading.py", "learn/features.py")} <= set(texts)
    cluster.require_same_helpers(Workers(same, same))
    with pytest.raises(
        ValueError, match="helpers on 1 of 2 workers, such as tcp://10.0.0.1:40000, differ .* Install the same copy"
    ):
        cluster.require_same_helpers(Workers(same, "other"))
    with pytest.raises(ValueError, match="a worker of tcp://lab:8786 cannot import the helpers: No module"):
        cluster.require_same_helpers(Workers("none"))


def test_no_scheduler_at_the_address(clips, tmp_path):
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
        with pytest.raises(ConnectionError, match="no scheduler answers at tcp://127.0.0.1:9"):
            extract_features(clips, tmp_path / "out", MODEL, scheduler="tcp://127.0.0.1:9")


def test_others_on_this_computer_cannot_connect_to_the_scheduler_of_a_run():
    with cluster.local_client(1, dashboard=None) as client:
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        with pytest.raises(OSError):
            Client(address.replace("tls", "tcp"), timeout="5s").close()


def test_a_scheduler_without_workers_is_waited_for_and_its_workers_must_see_the_clips(capsys, tmp_path):
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None) as scheduler:
        later = threading.Timer(0.5, scheduler.scale, [1])
        later.start()
        with cluster.remote_client(scheduler.scheduler_address) as client:
            assert len(client.nthreads()) == 1
            require_visible(client, str(tmp_path))
            with pytest.raises(ValueError, match="does not see .*clip.avi. Use a folder that all workers see"):
                require_visible(client, str(tmp_path / "clip.avi"))
        later.join()
    assert "waiting for the first worker of" in capsys.readouterr().err
