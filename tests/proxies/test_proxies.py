"""Caddy, nginx, ssh and jupyter-server-proxy before a studio, with the files that the docs show."""

import getpass
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path

import pytest
from tests.proxies.stand import (
    CONTAINERS,
    NAME,
    Person,
    answers,
    free_port,
    goes_the_whole_way,
    needs,
    running,
    studio,
    to_loopback,
)

pytestmark = [pytest.mark.proxies, pytest.mark.filterwarnings("default")]
BELOW = ("--name", NAME, "--root-path", "/lfads", "--proxy", "127.0.0.1")


def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return ssl.create_default_context(cafile=certificate)


def test_caddy(tmp_path, monkeypatch):
    caddy, port = needs("caddy"), free_port()
    to_loopback(monkeypatch)
    with studio(tmp_path / "jobs", *BELOW) as (inside, _):
        text = (CONTAINERS / "Caddyfile").read_text()
        text = text.replace(
            "\nstudio.lab.org {", f"\nhttps://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls internal"
        )
        text = text.replace("127.0.0.1:8765", f"127.0.0.1:{inside}")
        own = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
        (tmp_path / "Caddyfile").write_text(own + text)
        words = [caddy, "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"]
        homes = {
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
        }
        with running(words, tmp_path / "caddy.log", **homes):
            answers("127.0.0.1", port, tmp_path / "caddy.log")
            context = trusting(tmp_path / "caddy/pki/authorities/local/root.crt", monkeypatch)
            goes_the_whole_way(f"https://{NAME}:{port}/lfads/", tmp_path, context)
        told = [
            json.loads(line)
            for line in (tmp_path / "jobs/people/audit.jsonl").read_text().splitlines()
        ]
        assert {one["from"] for one in told[1:]} == {"127.0.0.1"}


def test_nginx(tmp_path, monkeypatch):
    nginx, openssl, port = needs("nginx"), needs("openssl"), free_port()
    to_loopback(monkeypatch)
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
        check=True, capture_output=True,
    )  # fmt: skip
    with studio(tmp_path / "jobs", *BELOW) as (inside, _):
        text = (CONTAINERS / "nginx.conf").read_text()
        for old, new in (
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("server_name studio.lab.org", f"server_name {NAME}"),
            ("127.0.0.1:8765", f"127.0.0.1:{inside}"), ("/etc/ssl/private/studio.lab.org.key", str(key)),
            ("/etc/ssl/studio.lab.org.pem", str(certificate)),
        ):  # fmt: skip
            assert old in text
            text = text.replace(old, new)
        temporary = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/nginx.log; events {{}}\n"
        whole += f"http {{ access_log off;\n{temporary}{text}}}\n"
        (tmp_path / "nginx.conf").write_text(whole)
        with running([nginx, "-c", str(tmp_path / "nginx.conf")], tmp_path / "out.log"):
            answers("127.0.0.1", port, tmp_path / "out.log")
            goes_the_whole_way(
                f"https://{NAME}:{port}/lfads/", tmp_path, trusting(certificate, monkeypatch)
            )


def test_a_forwarded_port(tmp_path):
    sshd, keygen, ssh, port, here = (
        needs("sshd"),
        needs("ssh-keygen"),
        needs("ssh"),
        free_port(),
        free_port(),
    )
    for name in ("host", "own"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    shutil.copy(tmp_path / "own.pub", tmp_path / "authorized")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd of root wants it
    options = {
        "Port": port, "ListenAddress": "127.0.0.1", "HostKey": tmp_path / "host", "PidFile": "none",
        "AuthorizedKeysFile": tmp_path / "authorized", "StrictModes": "no", "UsePAM": "no",
        "PermitRootLogin": "prohibit-password",
    }  # fmt: skip
    config = tmp_path / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    with (
        studio(tmp_path / "jobs", people=False) as (inside, said),
        running([sshd, "-D", "-e", "-f", str(config)], tmp_path / "sshd.log"),
    ):
        answers("127.0.0.1", port, tmp_path / "sshd.log")
        forward = [
            ssh, "-N", "-L", f"{here}:127.0.0.1:{inside}", "-p", str(port), "-i", str(tmp_path / "own"),
            "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={tmp_path}/known", "-F", "none",
            f"{getpass.getuser()}@127.0.0.1",
        ]  # fmt: skip
        with running(forward, tmp_path / "ssh.log"):
            answers("127.0.0.1", here, tmp_path / "ssh.log")
            link = re.search(r"(http\S+)", said)
            assert link is not None
            visitor = Person(f"http://127.0.0.1:{here}/")
            visitor.get(link[1].replace(str(inside), str(here)))
            page = visitor.get(f"http://127.0.0.1:{here}/data")
            assert "Drop a file here" in page
            assert visitor.follow_all(page) > 8


def test_jupyter_server_proxy(tmp_path):
    jupyter = os.environ.get("LFADS_JUPYTER") or needs("jupyter-server")
    port, inside = free_port(), free_port()
    words = ["--root-path", f"/user/anna/proxy/{inside}", "--port", str(inside)]
    with studio(tmp_path / "jobs", *words, people=False) as (_, said):
        server = [
            jupyter, f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1",
            "--ServerApp.base_url=/user/anna/",
            "--IdentityProvider.token=", "--ServerApp.password=", "--no-browser", "--allow-root",
            "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={tmp_path}",
        ]  # fmt: skip
        with running(server, tmp_path / "jupyter.log", HOME=str(tmp_path)):
            answers("127.0.0.1", port, tmp_path / "jupyter.log")
            base = f"http://127.0.0.1:{port}/user/anna/proxy/{inside}/"
            link = re.search(r"\?token=\S+", said)
            assert link is not None
            visitor = Person(base)
            visitor.get(base + link[0])
            page = visitor.get(f"{base}data")
            assert "Drop a file here" in page
            assert visitor.follow_all(page) > 8
            (cookie,) = [one for one in visitor.jar if one.name.startswith("lfads-studio")]
            assert cookie.path == f"/user/anna/proxy/{inside}"
            secret = re.search(r'<meta name="csrf" content="(\w+)"', page)
            assert secret is not None
            url = f"{base}data/uploads?name=a.h5&size=10"
            headers = {"x-csrf-token": secret[1], "origin": f"http://127.0.0.1:{port}"}
            request = urllib.request.Request(url, b"", headers, method="POST")
            with visitor.opener.open(request, timeout=30) as answer:
                assert json.loads(answer.read())["offset"] == 0
