"""The notebook's server answers only what the ingress has forwarded.

Runs a real Jupyter server with the settings of the image, once as on the local platform and once as
on Snowflake, and sends it requests that did not come through the ingress.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

IMAGE = sys.argv[1]
PORT = int(sys.argv[2])
ADDRESS = f"127.0.0.1:{PORT}"
KEY = "0123456789abcdef"
LOCAL = "abcdef-spcs-local.localhost:8462"
PUBLIC = "abcdef-org-acct.snowflakecomputing.app"
FORWARDED = {
    "Host": LOCAL,
    "Sf-Context-Current-User": "ALICE",
    "Sf-Context-Ingress-Key": KEY,
    # Jupyter asks for it before it serves files.
    "Referer": f"http://{LOCAL}/lab",
}
"""A request of the local platform's ingress."""


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: expected {expected!r}, found {found!r}")


class Server:
    """The server of the image, with its files in a folder of this test."""

    def __init__(self, folder, key):
        self.folder = folder
        self.key_file = os.path.join(folder, "session", "ingress_key")
        os.makedirs(os.path.join(folder, "session"))
        os.makedirs(os.path.join(folder, "home"))
        if key:
            self.write_key(key)
        config = os.path.join(folder, "config")
        os.makedirs(config)
        for name in ["jupyter_server_config.py", "spcs_ingress.py"]:
            shutil.copy(os.path.join(IMAGE, name), config)
        self.replace("spcs_ingress.py", "/snowflake/session/ingress_key", self.key_file)
        self.replace("jupyter_server_config.py", "/home/jupyter", os.path.join(folder, "home"))
        self.replace("jupyter_server_config.py", '"0.0.0.0"', '"127.0.0.1"')
        self.replace("jupyter_server_config.py", "8888", str(PORT))
        environment = {
            **os.environ,
            "HOME": folder,
            "JUPYTER_CONFIG_DIR": config,
            "JUPYTER_NO_CONFIG": "",
            "JUPYTER_RUNTIME_DIR": os.path.join(folder, "runtime"),
        }
        self.log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        program = [sys.executable, "-m", "jupyterlab", "--allow-root"]
        self.process = subprocess.Popen(
            program, env=environment, stdout=self.log, stderr=self.log, cwd=folder
        )
        end = time.monotonic() + 60
        while self.status("/api", {}) != 200:
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                sys.exit("the server did not start:\n" + open(self.log.name).read())
            time.sleep(0.1)

    def write_key(self, key):
        # As the platform does: a new file takes the place of the old one.
        with open(self.key_file + ".new", "w", encoding="utf-8") as file:
            file.write(key)
        os.rename(self.key_file + ".new", self.key_file)

    def replace(self, name, old, new):
        path = os.path.join(self.folder, "config", name)
        text = open(path, encoding="utf-8").read()
        check(f"{old} in {name}", old in text, True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def send(self, path, headers, method="GET", body=None):
        request = urllib.request.Request(f"http://{ADDRESS}{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers
        except OSError:
            return 0, b"", {}

    def status(self, path, headers, method="GET", body=None):
        return self.send(path, headers, method, body)[0]

    def websocket(self, path, headers):
        """The status of an upgrade; 101 if it succeeds."""

        async def connect():
            try:
                request = HTTPRequest(f"ws://{ADDRESS}{path}", headers=headers)
                (await websocket_connect(request)).close()
                return 101
            except HTTPClientError as error:
                return error.code

        return asyncio.run(connect())

    def writing(self, headers):
        """The headers for requests that change something: with Jupyter's XSRF token."""
        cookies = self.send("/lab", headers)[2].get_all("Set-Cookie")
        token = next(re.match("_xsrf=([^;]*)", c) for c in cookies if c.startswith("_xsrf="))[1]
        more = {"Cookie": f"_xsrf={token}", "X-XSRFToken": token}
        return {**headers, **more, "Content-Type": "application/json"}

    def stop(self):
        self.process.terminate()
        self.process.wait()


def static_file(server, headers):
    page = server.send("/lab", headers)[1].decode()
    return re.search(r'"(/static/[^"]+\.js[^"]*)"', page)[1]


def refused_everywhere(server, forwarded, headers, what):
    """Everything that the server has is answered to the ingress, and refused otherwise."""
    writing = server.writing(forwarded)
    status, body, _ = server.send("/api/kernels", writing, "POST", b'{"name": "python3"}')
    check("starting a kernel", status, 201)
    kernel = json.loads(body)["id"]
    status, body, _ = server.send("/api/terminals", writing, "POST", b"{}")
    check("starting a terminal", status, 200)
    terminal = json.loads(body)["name"]
    with open(os.path.join(server.folder, "home", "file.txt"), "w", encoding="utf-8") as file:
        file.write("x")
    for path in [
        "/lab",
        "/api/contents",
        "/api/contents/file.txt",
        "/files/file.txt",
        "/api/kernels",
        "/api/terminals",
        "/api/status",
        "/api/me",
        "/lab/api/settings",
        static_file(server, forwarded),
    ]:
        check(f"{path} of the ingress", server.status(path, forwarded), 200)
        check(f"{path} {what}", server.status(path, headers), 403)
    for path in ["/", "/login", "/logout", "/metrics", "/nothing", "/api/", "//api"]:
        check(f"{path} {what}", server.status(path, headers) in (403, 400), True)
    check(f"POST /api {what}", server.status("/api", headers, "POST", b""), 403)
    stolen = {**writing, **headers}
    for name in set(forwarded) - set(headers):
        stolen.pop(name, None)
    status = server.status("/api/kernels", stolen, "POST", b'{"name": "python3"}')
    check(f"starting a kernel {what}", status, 403)
    for path in [f"/api/kernels/{kernel}/channels", f"/terminals/websocket/{terminal}"]:
        check(f"{path} of the ingress", server.websocket(path, forwarded), 101)
        check(f"{path} {what}", server.websocket(path, headers), 403)
    server.status(f"/api/kernels/{kernel}", writing, "DELETE")
    server.status(f"/api/terminals/{terminal}", writing, "DELETE")


def on_the_local_platform(folder):
    server = Server(folder, KEY)
    try:
        user = json.loads(server.send("/api/me", FORWARDED)[1])["identity"]["username"]
        check("the user", user, "ALICE")
        for what, changed in {
            "without the key": {"Sf-Context-Ingress-Key": None},
            "with a wrong key": {"Sf-Context-Ingress-Key": "0" * 16},
            "with an empty key": {"Sf-Context-Ingress-Key": ""},
            "without a user": {"Sf-Context-Current-User": None},
            "with a foreign host": {"Host": "rebound.example"},
            "at its address": {"Host": ADDRESS},
        }.items():
            headers = {**FORWARDED, **changed}
            headers = {name: value for name, value in headers.items() if value is not None}
            refused_everywhere(server, FORWARDED, headers, what)
        check("the probe", server.status("/api", {}), 200)
        check("/api of a foreign host", server.status("/api", {"Host": "rebound.example"}), 403)
        server.write_key("a-new-key")
        check("the old key", server.status("/lab", FORWARDED), 403)
        renewed = {**FORWARDED, "Sf-Context-Ingress-Key": "a-new-key"}
        check("the new key", server.status("/lab", renewed), 200)
        os.remove(server.key_file)
        check("no key", server.status("/lab", {**renewed, "Sf-Context-Ingress-Key": ""}), 403)
    finally:
        server.stop()


def on_snowflake(folder):
    server = Server(folder, None)
    try:
        without_user = {"Host": PUBLIC, "Referer": f"https://{PUBLIC}/lab"}
        forwarded = {**without_user, "Sf-Context-Current-User": "ALICE"}
        refused_everywhere(server, forwarded, without_user, "without a user")
        for host in ["jupyter:8888", "jupyter.abcd.svc.spcs.internal:8888", LOCAL, ADDRESS]:
            headers = {"Host": host, "Sf-Context-Current-User": "ALICE"}
            check(f"/lab as {host}", server.status("/lab", headers), 403)
        check("the probe", server.status("/api", {}), 200)
    finally:
        server.stop()


for run in [on_the_local_platform, on_snowflake]:
    with tempfile.TemporaryDirectory() as directory:
        run(directory)
