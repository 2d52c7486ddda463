"""Cairn behind nginx, configured by docs/nginx.conf; only ports and paths are changed, and each must be there.

The server has two regions and trusts the proxy's address, 127.0.0.1; clients of the tests come from 127.0.0.9, so that
what the proxy tells of them can be seen. Names below the domain are the loopback, in this process only. What is started
here is ended by its process id.
"""

import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import time
import uuid

import boto3
import pytest
from botocore.config import Config

DOMAIN = "storage.example.com"
REGIONS = ("us-east-1", "eu-west-1")
PROXY = "127.0.0.1"
CLIENT = "127.0.0.9"
READY_SECONDS = 30
DRAIN_SECONDS = 40
ANSWER_SECONDS = 30
# How long nginx is watched that is to do nothing.
QUIET_SECONDS = 0.5
KEYS = ("CAIRNPROXY0000000001", "proxy+secret/of-forty-characters-1234567"[:40])
NGINX_CONF = pathlib.Path(__file__).parents[3] / "docs" / "nginx.conf"

# What a distribution's own nginx.conf has around conf.d, and everything it writes below one folder.
AROUND = """
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    gzip on;
    gzip_types text/plain;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/cairn.conf;
}}
"""


def free_ports(count):
    """Ports that nobody listens at, for a program that cannot be told to take any."""
    sockets = [socket.create_server((PROXY, 0)) for _ in range(count)]
    ports = [bound.getsockname()[1] for bound in sockets]
    for bound in sockets:
        bound.close()
    return ports


def until(seconds, what, check):
    """The first true value of `check` within the time."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return value


def accepts(port):
    try:
        socket.create_connection((PROXY, port), timeout=2).close()
    except OSError:
        return False
    return True


class Cairn:
    def __init__(self, folder, public_ports):
        self.log = folder / "cairn.log"
        listeners = ",".join(f"{region}={PROXY}:0" for region in REGIONS)
        public = ",".join(f"{region}={port}" for region in REGIONS for port in public_ports)
        command = [os.environ["CAIRN_BIN"], "serve", "--in-memory", "--admin-listen", "off", "--domain", DOMAIN]
        command += ["--regions", listeners, "--region-ports", public, "--trusted-proxies", PROXY]
        command += ["--log-format", "json", "--log-filter", "info,cairn::access=debug"]
        env = os.environ | {"CAIRN_ROOT_ACCESS_KEY_ID": KEYS[0], "CAIRN_ROOT_SECRET_ACCESS_KEY": KEYS[1]}
        started = folder / "started.json"
        with open(started, "wb") as out, open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=log)
        until(READY_SECONDS, "Cairn is ready", lambda: self.alive() and started.read_text().endswith("\n"))
        urls = json.loads(started.read_text())["regions"]
        self.ports = {region: int(urls[region][0].rsplit(":", 1)[1]) for region in REGIONS}

    def alive(self):
        assert self.process.poll() is None, self.log.read_text()
        return True

    def requests(self, path):
        """The lines of the access log about that path, so far."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]
        return [line for line in lines if line["target"] == "cairn::access" and line["path"] == path]

    def logged(self, path, count=1):
        """Once there are so many of them."""
        return until(ANSWER_SECONDS, f"{count} requests of {path}", lambda: len(found := self.requests(path)) >= count and found)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DRAIN_SECONDS) == 0, self.log.read_text()[-2000:]
        assert "panicked at" not in self.log.read_text()


class Nginx:
    def __init__(self, folder, changes):
        folder.mkdir()
        self.folder = folder
        text = NGINX_CONF.read_text()
        for old, new in changes.items():
            assert text.count(old) == 1, f"{old!r} is not once in {NGINX_CONF}"
            text = text.replace(old, new)
        (folder / "cairn.conf").write_text(text)
        # The worker would otherwise be www-data, which may not read the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))
        command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log", "-g", "daemon off;"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def wait_until_ready(self, ports):
        def ready():
            assert self.process.poll() is None, (self.folder / "error.log").read_text()
            return all(map(accepts, ports))

        until(READY_SECONDS, "nginx is ready", ready)

    def keeps_bodies(self):
        """Whether it has, or comes to have, a temporary file open: they have no name any more when they are filled."""
        workers = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        folders = tuple(str(self.folder / name) for name in ("body", "proxy"))
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            for descriptor in (each for worker in workers for each in pathlib.Path(f"/proc/{worker}/fd").glob("*")):
                try:
                    if os.readlink(descriptor).startswith(folders):
                        return True
                except FileNotFoundError:
                    pass
            time.sleep(0.05)
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(DRAIN_SECONDS)


class Answer:
    def __init__(self, answer, body):
        self.status = answer.status
        self.headers = [(name.lower(), value) for name, value in answer.getheaders()]
        self.body = body
        self.text = body.decode(errors="replace")

    def values(self, name):
        return [value for other, value in self.headers if other == name]

    def get(self, name):
        """The header's only value; nothing where it is not there."""
        values = self.values(name)
        assert len(values) <= 1, self.headers
        return values[0] if values else None

    def cors(self):
        """The CORS headers, each of which is there once."""
        names = [name for name, _ in self.headers if name.startswith("access-control-") or name == "vary"]
        return {name: self.get(name) for name in names}


class Stage:
    """The server, the proxy, and the ways to them."""

    def __init__(self, folder):
        http_port, https_port, *cached = free_ports(4)
        self.ports = {"http": http_port, "https": https_port}
        self.cairn = Cairn(folder, self.ports.values())
        self.ca = self.certificate(folder)
        self.nginx = self.start_nginx(folder / "nginx", self.ports.values())
        # No bucket is public yet: presigned URLs stand for plain ones here. And it tells of the host only by leaving
        # it alone.
        kept = {r'"~^(GET|HEAD)\|\|$" 1;': r'"~^(GET|HEAD)\|\|" 1;', "proxy_set_header X-Forwarded-Host $http_host;": ""}
        self.caching = dict(zip(("http", "https"), cached))
        self.caching_nginx = self.start_nginx(folder / "caching", self.caching.values(), kept)

    def certificate(self, folder):
        names = [DOMAIN, f"*.{DOMAIN}", f"*.s3.{DOMAIN}", f"*.s3.eu-west-1.{DOMAIN}"]
        san = "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", "/CN=cairn test", "-addext", san, "-keyout", "tls.key", "-out", "tls.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        self.key, self.pem = folder / "tls.key", folder / "tls.pem"
        return str(self.pem)

    def start_nginx(self, folder, ports, changes=None):
        plain, tls = ports
        nginx = Nginx(
            folder,
            {
                "server 127.0.0.1:9000;": f"server {PROXY}:{self.cairn.ports['us-east-1']};",
                "listen 80;": f"listen {PROXY}:{plain};",
                "listen 443 ssl;": f"listen {PROXY}:{tls} ssl;",
                "/etc/ssl/storage.example.com.pem": str(self.pem),
                "/etc/ssl/private/storage.example.com.key": str(self.key),
                "/var/cache/nginx/cairn": str(folder / "cache"),
            }
            | (changes or {}),
        )
        nginx.wait_until_ready(ports)
        return nginx

    def stop(self):
        self.nginx.stop()
        self.caching_nginx.stop()
        self.cairn.stop()

    def client(self, scheme="http", style="virtual", ports=None, **options):
        """boto3 as a user of the proxy has it. A retry would hide a failing server, so there is none."""
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": style}, **options)
        endpoint = f"{scheme}://s3.{DOMAIN}:{(ports or self.ports)[scheme]}"
        return boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            verify=self.ca,
            config=config,
            aws_access_key_id=KEYS[0],
            aws_secret_access_key=KEYS[1],
        )

    def connect(self, url, source=CLIENT):
        """A connection to the port of that URL, and its host and target."""
        scheme, rest = url.split("://")
        host, slash, target = rest.partition("/")
        port = int(host.rsplit(":", 1)[1])
        connection = http.client.HTTPConnection(PROXY, port, timeout=ANSWER_SECONDS, source_address=(source, 0))
        connection.connect()
        if scheme == "https":
            context = ssl.create_default_context(cafile=self.ca)
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host.rsplit(":", 1)[0])
        return connection, host, slash + target

    def ask(self, method, url, headers=None, body=None, source=CLIENT):
        """What a browser or curl would send: no SDK between."""
        connection, host, target = self.connect(url, source)
        connection.request(method, target or "/", body=body, headers={"Host": host} | (headers or {}))
        answer = connection.getresponse()
        answer = Answer(answer, answer.read())
        connection.close()
        return answer


@pytest.fixture(scope="session", autouse=True)
def names():
    """Names below the domain are the loopback."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host, *rest, **named):
        is_ours = isinstance(host, str) and host.endswith(f".{DOMAIN}")
        return resolve(PROXY if is_ours else host, *rest, **named)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def stage(names, tmp_path_factory):
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.stop()


@pytest.fixture(params=["http", "https"])
def scheme(request):
    return request.param


@pytest.fixture
def bucket(stage):
    """A new bucket. It is not removed: the server forgets everything when it ends."""
    name = f"proxy-{uuid.uuid4()}"
    stage.client().create_bucket(Bucket=name)
    return name
