"""The server behind the pages: who may come in, with how much, and what they may read."""

from __future__ import annotations

import socket

import pytest

from funcorr.app.page import build_page
from funcorr.app.server import (
    ServerConfig,
    build_application,
    public_warning,
    read_password,
    serve,
)
from funcorr.app.uploads import upload_folder
from funcorr.correspondence.chance import ChanceMatcher
from funcorr.errors import UserError


@pytest.fixture(scope="module")
def page():
    with upload_folder() as folder:
        yield build_page(ChanceMatcher(), folder), folder


@pytest.fixture
def visit(page):
    """A client of the application with some settings."""
    from starlette.testclient import TestClient

    blocks, folder = page

    def client(host="127.0.0.1", **settings):
        application = build_application(blocks, folder, ServerConfig(**settings))
        return TestClient(application, base_url=f"http://{host}")

    return client


def ask(client, blocks, data):
    """Calls the first handler as the page's scripts would."""
    index = min(blocks.fns)
    body = {"data": data, "fn_index": index, "session_hash": "abc", "event_data": None}
    return client.post("/gradio_api/run/predict", json=body)


def test_the_page_and_its_health_answer(visit):
    client = visit()
    assert client.get("/health").json()["status"] == "ok"
    home = client.get("/")
    assert home.status_code == 200
    assert "funcorr" in home.text


def test_other_names_lead_nowhere_unless_public(visit):
    assert visit(host="evil.example").get("/health").status_code == 400
    assert visit(host="evil.example", public=True).get("/health").status_code == 200


def test_large_bodies_are_refused_announced_or_not(visit):
    client = visit(upload_mb=0.5)
    large = b"x" * 3_000_000
    announced = client.post("/gradio_api/upload", files={"files": ("a.png", large)})
    assert announced.status_code == 413
    boundary = "multipart/form-data; boundary=b"

    def drip():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(30):
            yield large[:100_000]
        yield b"\r\n--b--\r\n"

    unannounced = client.post(
        "/gradio_api/upload", content=drip(), headers={"content-type": boundary}
    )
    assert unannounced.status_code == 413


def test_a_password_guards_everything_but_the_health_check(visit):
    client = visit(password="open sesame")
    assert client.get("/health").status_code == 200
    assert client.get("/config").status_code == 401
    assert client.post("/gradio_api/upload", files={"files": ("a", b"x")}).status_code == 401
    assert client.post("/login", data={"username": "x", "password": "no"}).status_code == 400
    good = client.post("/login", data={"username": "anyone", "password": "open sesame"})
    assert good.status_code == 200
    assert client.get("/config").status_code == 200


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "pyproject.toml"])
def test_no_other_file_is_served(visit, path):
    assert visit().get(f"/gradio_api/file={path}").status_code in (403, 404)


@pytest.mark.parametrize("path", ["/etc/hostname", "http://127.0.0.1:1/x.png"])
def test_no_path_or_address_from_the_browser_is_opened(visit, page, path, monkeypatch):
    opened = []
    monkeypatch.setattr("funcorr.app.bench.read_upload", opened.append)
    payload = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answer = ask(visit(), page[0], [payload])
    assert answer.status_code >= 400
    assert not opened


def test_what_was_uploaded_comes_back_out_and_goes_in_the_end(visit, scene):
    with upload_folder() as folder:
        blocks = build_page(ChanceMatcher(), folder)
        application = build_application(blocks, folder, ServerConfig())
        from starlette.testclient import TestClient

        client = TestClient(application, base_url="http://127.0.0.1")
        content = (scene / "a.png").read_bytes()
        (path,) = client.post("/gradio_api/upload", files={"files": ("a.png", content)}).json()
        assert path.startswith(str(folder))
        assert client.get(f"/gradio_api/file={path}").content == content
    assert not folder.exists()


def test_a_taken_port_is_said(page):
    blocks, folder = page
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"cannot listen on port {port}"):
            serve(blocks, folder, ServerConfig(port))


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
