"""The reverse proxy of deploy/nginx.conf, as it stands there, before servers on loopback."""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from omotenashi.settings import ROOT
from tests.chaos.processes import Program
from tests.ports import free_port

SITE = "shop.example"
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
# What a distribution's own nginx.conf would say around the file that is shipped, without root.
_AROUND = """
daemon off;
# One process, which may be killed without leaving another.
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/omotenashi.conf;
}}
"""


def nginx() -> str | None:
    """The system's, if there is one, and an openssl that makes it a certificate."""
    return shutil.which("nginx", path=_PATH) if shutil.which("openssl") else None


@dataclass(frozen=True)
class Nginx:
    """Written into `folder`; `program` runs it."""

    folder: Path
    servers: Sequence[int]
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        program = nginx()
        assert program is not None
        # Errors from before the configuration is read go there too.
        return [
            program,
            "-e",
            "stderr",
            "-p",
            str(self.folder),
            "-c",
            str(self.folder / "own.conf"),
        ]

    def prepare(self) -> None:
        self.folder.mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
             f"/CN={SITE}", "-addext", f"subjectAltName=DNS:{SITE},IP:127.0.0.1",
             "-keyout", self.folder / "key.pem", "-out", self.folder / "certificate.pem"],
            check=True, capture_output=True,
        )  # fmt: skip
        shipped = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for place, name in zip(self.servers, ("server-a", "server-b"), strict=True):
            shipped = shipped.replace(f"server {name}:8080", f"server 127.0.0.1:{place}")
        shipped = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.port}", shipped)
        shipped = shipped.replace("/etc/nginx/", f"{self.folder}/")
        (self.folder / "omotenashi.conf").write_text(shipped, encoding="utf-8")
        (self.folder / "own.conf").write_text(_AROUND.format(folder=self.folder), encoding="utf-8")

    def trusting(self) -> ssl.SSLContext:
        """For clients of this proxy."""
        return ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))

    def program(self) -> Program:
        return Program("nginx", self.command, self.folder / "nginx.out")
