"""The server behind the pages: who may come in, with how much, and what they may read."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import time

import httpx
import pytest
import uvicorn
from browser import served

from funcorr.app import server
from funcorr.app.queue_delay import QueueJoinDelay
from funcorr.app.server import ServerConfig, public_warning, read_password, serve
from funcorr.errors import UserError

PASSWORD = "open sesame"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with a password and a small limit, in a process of its own."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "password").write_text(PASSWORD)
    words = ["app", "--port", "0", "--model", "chance", "--upload-mb", "0.5"]
    words += ["--password-file", folder / "password"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        with served(words, folder / "log") as (place, _):
            yield place
    assert {path.name for path in folder.iterdir()} == {"log", "password"}


@pytest.fixture
def stranger(address):
    with httpx.Client(base_url=address, timeout=120) as client:
        yield client


@pytest.fixture
def visitor(stranger):
    login = {"username": "anyone", "password": PASSWORD}
    assert stranger.post("/login", data=login).status_code == 200
    return stranger


def refused(client, **upload):
    answer = client.post("/gradio_api/upload", **upload)
    return answer.status_code == 413


def test_the_password_guards_everything_but_the_health_check(stranger):
    assert stranger.get("/health").json()["status"] == "ok"
    assert stranger.get("/config").status_code == 401
    upload = {"files": ("a.png", b"x")}
    assert stranger.post("/gradio_api/upload", files=upload).status_code == 401
    wrong = {"username": "x", "password": "no"}
    assert stranger.post("/login", data=wrong).status_code == 400


LONG_REQUEST = """
import os
import threading
from starlette.testclient import TestClient
from funcorr.app.folder import upload_folder

begun, released = threading.Event(), threading.Event()

def work(_key):
    begun.set()
    released.wait()

with upload_folder() as folder:
    from funcorr.app.events import HEAVY, gr, on
    from funcorr.app.server import ServerConfig, build_application

    with gr.Blocks() as page:
        on(gr.Button().click, work, [], [], HEAVY)
    application = build_application(page, folder, ServerConfig())
    with TestClient(application, "http://127.0.0.1") as client:
        event = {"data": [], "fn_index": 0, "session_hash": "me"}
        client.post("/gradio_api/queue/join", json=event).raise_for_status()
        begun.wait()
        print(client.get("/health").json()["status"], flush=True)
        released.set()
os._exit(0)  # gradio's threads may abort an interpreter that takes its time to end
"""


def test_the_health_check_is_answered_while_a_long_request_is_under_way():
    words = [sys.executable, "-W", "ignore", "-c", LONG_REQUEST]
    said = subprocess.run(words, capture_output=True, text=True, timeout=300, check=True)
    assert said.stdout.split() == ["ok"]


def test_other_names_lead_nowhere(stranger):
    assert stranger.get("/health", headers={"host": "evil.example"}).status_code == 400


def test_large_bodies_are_refused_announced_or_not(visitor):
    large = b"x" * 3_000_000
    for content in (large, large[:600_000]):
        assert refused(visitor, files={"files": ("a.png", content)})

    def drip():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        yield from (large[:100_000] for _ in range(12))
        yield b"\r\n--b--\r\n"

    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert refused(visitor, content=drip(), headers=kind)
    assert not refused(visitor, files={"files": ("a.png", large[:300_000])})


@pytest.mark.parametrize("size", [1_600_000, 8_000_000])
def test_a_body_that_is_not_announced_and_no_file_is_refused_in_words(visitor, size):
    content = (b"x" * 50_000 for _ in range(size // 50_000))
    answer = visitor.post("/gradio_api/queue/join", content=content)
    assert answer.status_code == 413
    assert answer.json()["detail"] == "more than 0.5 MB; send a smaller file"


def test_half_a_gigabyte_is_refused_before_it_is_sent(address):
    asked = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    asked.putrequest("POST", "/gradio_api/upload")
    asked.putheader("content-length", "500000000")
    asked.endheaders()
    answer = asked.getresponse()
    assert answer.status == 413
    assert "more than 0.5 MB" in answer.read().decode()


def test_an_event_is_accepted_only_after_the_answer_before_has_been_read():
    sent = []

    async def application(scope, _receive, send):
        await send({"type": "http.response.start"})
        await send({"type": "http.response.body", "body": b'{"msg":"process_completed"}'})

    async def note(message):
        sent.append((message["type"], time.monotonic()))

    async def ask():
        guarded = QueueJoinDelay(application, seconds=0.2)
        for path, cookie in (("data", "a"), ("join", "b"), ("join", "a")):
            headers = [(b"cookie", f"funcorr-visitor={cookie}".encode())]
            scope = {"type": "http", "path": f"/gradio_api/queue/{path}", "headers": headers}
            await guarded(scope, None, note)

    asyncio.run(ask())
    answered, stranger, accepted = (when for kind, when in sent if kind == "http.response.start")
    assert accepted - answered >= 0.2
    assert stranger - answered < accepted - answered


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "pyproject.toml"])
def test_no_other_file_is_served(visitor, path):
    assert visitor.get(f"/gradio_api/file={path}").status_code in (403, 404)


def upload(client, path):
    """The server's path of a file that this client sends."""
    files = {"files": (path.name, path.read_bytes())}
    return client.post("/gradio_api/upload", files=files).json()[0]


def ask(client, element, event, *values):
    """What a page with the session ``abc`` is answered."""
    config = client.get("/config").json()
    names = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
    target = names.get(element, element)
    [index] = [d["id"] for d in config["dependencies"] if [target, event] in d["targets"]]
    body = {"data": values, "fn_index": index, "session_hash": "abc"}
    return client.post("/gradio_api/run/predict", json=body)


def as_file(path):
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def test_no_path_or_address_from_the_browser_is_opened(visitor, scene):
    mine = upload(visitor, scene / "a.png")
    assert visitor.get(f"/gradio_api/file={mine}").content == (scene / "a.png").read_bytes()
    for path in (scene / "a.png", "/etc/passwd", f"{visitor.base_url}static/x.png"):
        answer = ask(visitor, "object1-upload", "change", as_file(path))
        assert answer.status_code >= 400
        assert "only uploaded files are opened" in answer.text
    assert "Object found" in ask(visitor, "object1-upload", "change", as_file(mine)).text


def test_depth_cameras_and_poses_are_guarded_as_pictures_are(visitor):
    for place in (0, 1, 2, 3, 4, 5, 8):  # typed cameras stand between them
        values = [None] * 6 + ["", "", None, None, "cut-with"]
        values[place] = as_file("/etc/passwd")
        answer = ask(visitor, "carry", "click", *values)
        assert answer.status_code >= 400
        assert "only uploaded files are opened" in answer.text


@pytest.mark.parametrize(
    "path", ["file=http://127.0.0.1:9/x", "file=https://example.org/x", "proxy=http://127.0.0.1:9/"]
)
def test_no_address_is_fetched_for_a_visitor(visitor, path):
    answer = visitor.get(f"/gradio_api/{path}")
    assert answer.status_code == 403
    assert "no address is fetched" in answer.text


def test_an_example_is_opened_for_anyone_and_the_guard_stays(visitor, scene):
    components = visitor.get("/config").json()["components"]
    table = next(c["id"] for c in components if c["type"] == "dataset")
    first, *_ = ask(visitor, table, "click", 0).json()["data"]
    assert "Object found" in ask(visitor, "object1-upload", "change", first).text
    answer = ask(visitor, "object1-upload", "change", as_file(scene / "a.png"))
    assert "only uploaded files are opened" in answer.text


def test_another_browser_cannot_name_my_uploads_nor_be_me(visitor, address, scene):
    files = [as_file(upload(visitor, scene / f"{name}.png")) for name in "ab"]
    mine = ask(visitor, "match", "click", *files, "cut-with", "Photos")
    assert "Click a point" in mine.text
    with httpx.Client(base_url=address, timeout=120) as other:
        other.post("/login", data={"username": "other", "password": PASSWORD})
        answer = ask(other, "object1-upload", "change", files[0])
        assert "was not uploaded from this browser" in answer.text
        path = files[0]["path"]
        folder, _, name = path.rpartition("/")
        for same in (
            *(path, f"/{path}", f"//{path}", f"/%2e{path}", f"/.{path}", f"%2F{path}"),
            *(f"{folder}/x/%2e%2e/{name}", f"{folder}/%252e/{name}", f"{folder}//{name}"),
            *(f"{folder}/./{name}", os.path.relpath(path), path.replace("a", "%61")),
        ):
            for asked in (f"file={same}", f"file/{same}", f"file%2F{same}", f"/file={same}"):
                assert other.get(f"/gradio_api/{asked}").status_code in (403, 404), asked
        assert "match two images first" in ask(other, "clear", "click", "Photos").text
    assert "Click a point" in ask(visitor, "clear", "click", "Photos").text


def test_only_a_public_page_listens_everywhere_and_it_warns(monkeypatch, tmp_path, capsys):
    listened = []

    def run(_server, sockets):
        listened.extend(each.getsockname()[0] for each in sockets)

    monkeypatch.setattr(uvicorn.Server, "run", run)
    monkeypatch.setattr(server, "build_application", lambda *_: None)
    serve(None, tmp_path, ServerConfig(0))
    assert (listened, capsys.readouterr().err) == (["127.0.0.1"], "")
    serve(None, tmp_path, ServerConfig(0, public=True))
    assert listened[1] == "0.0.0.0"
    assert "warning: anyone who reaches this machine" in capsys.readouterr().err


def test_a_taken_port_is_said(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"cannot listen on port {port}"):
            serve(None, tmp_path, ServerConfig(port))


@pytest.mark.parametrize(
    "settings", [{"port": 70_000}, {"password": ""}, {"upload_mb": 0}, {"keep_minutes": -1}]
)
def test_senseless_settings_are_refused(settings):
    with pytest.raises(UserError):
        ServerConfig(**settings)


def test_a_password_file_needs_a_first_line(tmp_path, funcorr_command):
    (tmp_path / "good").write_text(" secret \nmore\n")
    assert read_password(tmp_path / "good") == "secret"
    (tmp_path / "empty").write_text("\nsecret\n")
    for name, said in (("empty", "first line"), ("absent", "cannot read the password")):
        outcome = funcorr_command("app", "--password-file", tmp_path / name)
        assert outcome.is_refusal
        assert said in outcome.err
    assert "with the password" in public_warning(ServerConfig(public=True, password="x"))
    assert "anyone who reaches" in public_warning(ServerConfig(public=True))
