"""Tasks on processes and on Ray: every job done once, also when a worker is killed in mid-run."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mortal import die_always, die_once, note, refuse, threads
from test_dataset import CONFIG, all_bytes, mallet

from funcorr.assets.store import write_asset
from funcorr.errors import UserError
from funcorr.parallel import LostTask, run_tasks
from funcorr.render.write import render_dataset


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once(tmp_path, workers):
    jobs = {f"j{number}": (tmp_path, f"j{number}") for number in range(7)}
    results = list(run_tasks(note, jobs, workers))
    assert sorted(name for name, _ in results) == sorted(jobs)
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == sorted(jobs)
    assert ({pid for _, pid in results} == {os.getpid()}) == (workers == 1)


@pytest.mark.parametrize("asked", ["", "3"])
def test_workers_share_the_cores_unless_told_otherwise(monkeypatch, asked):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if asked:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert dict(run_tasks(threads, {"a": ()}, workers=2)) == {"a": asked or "1"}
    assert os.environ.get("OMP_NUM_THREADS", "") == asked


IMPORTS_NUMERICS = """
import os
from funcorr.parallel import run_tasks

AT_IMPORT = os.environ.get("OMP_NUM_THREADS")  # where a script imports numpy

def at_import():
    return AT_IMPORT

if __name__ == "__main__":
    print(dict(run_tasks(at_import, {"a": ()}, workers=2)), AT_IMPORT)
"""


def test_workers_share_the_cores_before_the_callers_script_imports_numpy(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(IMPORTS_NUMERICS)
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    run = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "{'a': '1'} None\n"


def test_a_killed_worker_costs_no_job(tmp_path):
    jobs = {name: (tmp_path, name) for name in ("a", "bad", "b", "c", "d", "e", "f")}
    assert dict(run_tasks(die_once, jobs, workers=2)) == {name: name for name in jobs}


def test_a_job_that_always_kills_its_worker_is_named_and_the_others_are_done():
    jobs = {name: (name,) for name in ("a", "bad", "b", "c", "d")}
    results = dict(run_tasks(die_always, jobs, workers=2))
    assert isinstance(results.pop("bad"), LostTask)
    assert results == {name: name for name in ("a", "b", "c", "d")}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_user_ends_the_run(workers):
    with pytest.raises(UserError, match="no place for a"):
        list(run_tasks(refuse, {"a": ("a",)}, workers))


def test_no_workers_and_no_cluster_are_one_line(monkeypatch):
    with pytest.raises(UserError, match="at least 1"):
        run_tasks(note, {}, workers=0)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(UserError, match="ray start --head") as caught:
        list(run_tasks(max, {"a": (1, 2)}, engine="ray"))
    assert "\n" not in str(caught.value)


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def cluster():
    """A Ray cluster of two workers on this machine, ended with the test."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ray = Path(sys.executable).with_name("ray")
    command = (
        f"{ray} start --head --block --num-cpus=2 --port={port} --node-ip-address=127.0.0.1 "
        f"--include-dashboard=false --disable-usage-stats --object-store-memory=80000000"
    )
    head = subprocess.Popen(
        command.split(), env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and head.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.2)
    yield f"127.0.0.1:{port}"
    os.killpg(head.pid, signal.SIGKILL)
    head.wait(30)


ON_RAY = """
import sys
from pathlib import Path
from mortal import die_once
from test_dataset import CONFIG
from funcorr.render.write import render_dataset
from funcorr.parallel import run_tasks

place = Path(sys.argv[1])
jobs = {name: (place, name) for name in ("a", "b", "bad", "c", "d", "e")}
print(*sorted(result for _, result in run_tasks(die_once, jobs, engine="ray")))
print(*render_dataset(place / "assets", place / "ray", CONFIG, engine="ray").rendered)
"""


def test_a_ray_cluster_loses_nothing_with_a_killed_worker_and_gives_the_same_bytes(
    cluster, tmp_path
):
    names = [f"mallet-{number:04d}" for number in range(3)]
    for name in names:
        write_asset(mallet(name), tmp_path / "assets")
    run = subprocess.run(
        [sys.executable, "-c", ON_RAY, tmp_path],
        env={**ENVIRONMENT, "RAY_ADDRESS": cluster},
        capture_output=True,
        text=True,
    )
    assert (tmp_path / "died").exists(), run.stderr
    assert run.stdout.splitlines()[-2:] == ["a b bad c d e", " ".join(names)], run.stderr
    render_dataset(tmp_path / "assets", tmp_path / "here", CONFIG)
    assert all_bytes(tmp_path / "ray") == all_bytes(tmp_path / "here")
