"""The widget over HTTP: one script for any page, and the files it fetches by their version."""

import re

import httpx

from tests.harness import Server


async def test_any_page_can_load_it_and_what_it_fetches(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as http:
        script = await http.get("/widget.js", headers={"Origin": "https://any.example"})
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        assert script.headers["access-control-allow-origin"] == "*"
        assert script.headers["content-encoding"] == "gzip"
        version = re.search(r"/widget/([0-9a-f]{12})/", script.text)
        assert version is not None
        for name, kind in (
            ("widget.css", "text/css; charset=utf-8"),
            ("en.json", "application/json"),
            ("ja.json", "application/json"),
        ):
            fetched = await http.get(f"/widget/{version[1]}/{name}")
            assert fetched.headers["content-type"] == kind
            assert fetched.headers["access-control-allow-origin"] == "*"
            assert "immutable" in fetched.headers["cache-control"]
        assert (await http.get(f"/widget/{version[1]}/ja.json")).json()["send"] == "送信"


async def test_only_its_own_version_is_kept_and_nothing_else_is_served(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as http:
        of_another_build = await http.get("/widget/0123456789ab/widget.css")
        assert of_another_build.status_code == 200
        assert of_another_build.headers["cache-control"] == "no-store"
        for name in ("widget.js", "fr.json", "..%2fchannel.py", "%2e%2e%2fchannel.py"):
            found = await http.get(f"/widget/0123456789ab/{name}")
            assert found.status_code == 404, name
            assert found.json()["error"]["code"] == "not_found"
