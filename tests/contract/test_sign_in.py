"""Two-factor sign-in, one's own sign-ins, the people at the desk and the audit log, over HTTP."""

from typing import get_args

import pyotp
import pytest

from desk.files import load_texts
from support.audit import Action
from support.store.schema import audit
from support.team import agents
from tests.harness import PASSWORD, DeskAgent, Server, TestClock, Visitor

DESK = "/api/v1/desk"


async def _with_two_factor(agent: DeskAgent, clock: TestClock) -> tuple[pyotp.TOTP, list[str], str]:
    secret = (await agent.client.post(f"{DESK}/two-factor/begin")).json()["secret"]
    totp = pyotp.TOTP(secret)
    code = totp.at(clock())
    answer = await agent.client.post(f"{DESK}/two-factor/confirm", json={"otp": code})
    assert answer.status_code == 201, answer.text
    return totp, answer.json()["recovery_codes"], code


async def _sign_in(
    server: Server, otp: str | None = None, password: str = PASSWORD
) -> tuple[int, str]:
    body = {"email": "aya@example.com", "password": password, **({"otp": otp} if otp else {})}
    answer = await server.visitor().client.post(f"{DESK}/login", json=body)
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["error"]["code"]


async def test_a_password_alone_lets_nobody_in_who_has_a_second_factor(
    server: Server, clock: TestClock
) -> None:
    aya = await server.agent("Aya")
    assert await _sign_in(server, otp="123456") == (200, "")  # not asked for: ignored
    totp, _, _ = await _with_two_factor(aya, clock)
    clock.push(minutes=2)

    assert await _sign_in(server) == (401, "otp_needed")
    assert await _sign_in(server, "000000") == (401, "otp_wrong")
    assert await _sign_in(server, totp.at(clock()), "another password") == (401, "wrong")
    assert await _sign_in(server, totp.at(clock())) == (200, "")


async def test_a_code_opens_once(server: Server, clock: TestClock) -> None:
    aya = await server.agent("Aya")
    totp, recovery, used = await _with_two_factor(aya, clock)
    assert await _sign_in(server, used) == (401, "otp_wrong")  # used to confirm
    clock.push(seconds=30)
    code = totp.at(clock())
    assert await _sign_in(server, code) == (200, "")
    assert await _sign_in(server, code) == (401, "otp_wrong")

    assert len(set(recovery)) == 8
    assert await _sign_in(server, recovery[0]) == (200, "")
    assert await _sign_in(server, recovery[0]) == (401, "otp_wrong")
    assert await _sign_in(server, recovery[1]) == (200, "")


async def test_it_is_set_up_only_with_a_code_and_ended_only_with_the_password(
    server: Server, clock: TestClock
) -> None:
    aya = await server.agent("Aya")
    client = aya.client
    early = await client.post(f"{DESK}/two-factor/confirm", json={"otp": "123456"})
    assert early.status_code == 409
    secret = (await client.post(f"{DESK}/two-factor/begin")).json()["secret"]
    picture = await client.get("/desk/account/code.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.headers["cache-control"] == "no-store"
    wrong = await client.post(f"{DESK}/two-factor/confirm", json={"otp": "000000"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "otp_wrong")
    assert await _sign_in(server) == (200, "")
    right = pyotp.TOTP(secret).at(clock())
    assert (await client.post(f"{DESK}/two-factor/confirm", json={"otp": right})).status_code == 201
    assert (await client.get("/desk/account/code.svg")).status_code == 404
    assert (await client.post(f"{DESK}/two-factor/begin")).status_code == 409

    wrong = await client.post(f"{DESK}/two-factor/end", json={"password": "wrong password"})
    assert wrong.status_code == 422
    ended = await client.post(f"{DESK}/two-factor/end", json={"password": PASSWORD})
    assert ended.status_code == 204
    assert await _sign_in(server) == (200, "")


async def test_who_needs_a_second_factor_can_do_nothing_before(
    server: Server, clock: TestClock
) -> None:
    aya = await server.agent("Aya")
    assert server.parts is not None
    security = server.parts.playbook.security
    object.__setattr__(security, "two_factor", "everybody")
    refused = await aya.client.get(f"{DESK}/conversations")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "two_factor_needed")
    page = await aya.client.get("/desk/")
    assert (page.status_code, page.headers["location"]) == (303, "/desk/account")
    assert (await aya.client.get("/desk/account")).status_code == 200

    await _with_two_factor(aya, clock)
    assert (await aya.client.get(f"{DESK}/conversations")).status_code == 200
    object.__setattr__(security, "two_factor", "optional")


async def test_sign_ins_are_listed_and_ended(server: Server) -> None:
    aya = await server.agent("Aya")
    elsewhere = server.visitor().client
    body = {"email": "aya@example.com", "password": PASSWORD}
    headers = {"User-Agent": "Somebody's telephone"}
    await elsewhere.post(f"{DESK}/login", json=body, headers=headers)
    found = (await aya.client.get(f"{DESK}/sign-ins")).json()["sign_ins"]
    assert [one["here"] for one in found].count(True) == 1
    [other] = [one for one in found if not one["here"]]
    assert other["device"] == "Somebody's telephone"
    kenji = await server.agent("Kenji")
    assert (await kenji.client.post(f"{DESK}/sign-ins/{other['id']}/end")).status_code == 404
    assert (await elsewhere.get(f"{DESK}/me")).status_code == 200

    assert (await aya.client.post(f"{DESK}/sign-ins/{other['id']}/end")).status_code == 204
    assert (await elsewhere.get(f"{DESK}/me")).status_code == 401
    assert (await aya.client.get(f"{DESK}/me")).status_code == 200


async def test_an_administrator_adds_changes_and_disables_people(
    server: Server, clock: TestClock
) -> None:
    root = await server.agent("Root", "admin")
    new = {"email": "Mika@Example.com", "name": "Mika", "role": "agent", "password": PASSWORD}
    made = await root.client.post(f"{DESK}/people", json=new)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    again = await root.client.post(f"{DESK}/people", json=new)
    assert (again.status_code, again.json()["error"]["field"]) == (409, "email")
    short = {**new, "email": "b@example.com", "password": "short"}
    refused = await root.client.post(f"{DESK}/people", json=short)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "password")
    mika = server.visitor().client
    login = {"email": "mika@example.com", "password": PASSWORD}
    assert (await mika.post(f"{DESK}/login", json=login)).status_code == 200

    abilities = {"role": "lead", "team": "tea", "skills": ["faq_returns"], "langs": ["ja"]}
    assert (await root.client.post(f"{DESK}/people/{id}", json=abilities)).status_code == 204
    people = (await root.client.get(f"{DESK}/people")).json()["people"]
    [person] = [one for one in people if one["id"] == id]
    assert {name: person[name] for name in abilities} == abilities

    off = await root.client.post(f"{DESK}/people/{id}", json={"disabled": True})
    assert off.status_code == 204
    assert (await mika.get(f"{DESK}/me")).status_code == 401
    assert (await mika.post(f"{DESK}/login", json=login)).status_code == 401
    await root.client.post(f"{DESK}/people/{id}", json={"disabled": False})
    renewed = {"password": "a wholly new password"}
    assert (await root.client.post(f"{DESK}/people/{id}/password", json=renewed)).status_code == 204
    assert (await mika.post(f"{DESK}/login", json=login)).status_code == 401
    assert (await mika.post(f"{DESK}/login", json={**login, **renewed})).status_code == 200
    assert (await root.client.post(f"{DESK}/people/{id}/sign-out")).status_code == 204
    assert (await mika.get(f"{DESK}/me")).status_code == 401
    assert (await root.client.post(f"{DESK}/people/999/sign-out")).status_code == 404


async def test_the_last_administrator_stays_one(server: Server) -> None:
    root = await server.agent("Root", "admin")
    id = root.me["id"]
    for body in ({"role": "lead"}, {"disabled": True}):
        answer = await root.client.post(f"{DESK}/people/{id}", json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "role")
    await server.agent("Rei", "admin")
    assert (await root.client.post(f"{DESK}/people/{id}", json={"role": "lead"})).status_code == 204


async def test_a_lost_phone_is_reset_by_an_administrator(server: Server, clock: TestClock) -> None:
    root, aya = await server.agent("Root", "admin"), await server.agent("Aya")
    await _with_two_factor(aya, clock)
    id = aya.me["id"]
    reset = await root.client.post(f"{DESK}/people/{id}/two-factor/reset")
    assert reset.status_code == 204
    assert (await aya.client.get(f"{DESK}/me")).status_code == 401
    assert await _sign_in(server) == (200, "")


@pytest.mark.parametrize("path", ["people", "audit"])
async def test_only_administrators_administer(server: Server, path: str) -> None:
    aya, lena = await server.agent("Aya"), await server.agent("Lena", "lead")
    assert (await aya.client.get(f"{DESK}/{path}")).status_code == 403
    # As long as there is no administrator, a lead can make one.
    assert (await lena.client.get(f"{DESK}/{path}")).status_code == 200
    assert (await lena.client.get(f"/desk/{path}")).status_code == 200
    assert f'href="/desk/{path}"' in (await lena.client.get("/desk/")).text
    root = await server.agent("Root", "admin")
    assert (await root.client.get(f"{DESK}/{path}")).status_code == 200
    assert (await lena.client.get(f"{DESK}/{path}")).status_code == 403
    refused = await lena.client.get(f"/desk/{path}")
    assert refused.status_code == 403
    assert "This page is for administrators." in refused.text
    # The menu offers what may be opened.
    address = f'href="/desk/{path}"'
    assert address in (await root.client.get("/desk/")).text
    assert address not in (await lena.client.get("/desk/")).text


async def test_what_was_done_stands_in_the_audit_log(server: Server, clock: TestClock) -> None:
    root, aya = await server.agent("Root", "admin"), await server.agent("Aya")
    await _with_two_factor(aya, clock)
    await root.client.post(f"{DESK}/people/{aya.me['id']}", json={"role": "lead"})
    await root.client.get(f"{DESK}/export")

    rows = (await root.client.get(f"{DESK}/audit")).json()["audit"]
    done = [(row["actor"], row["action"], row["subject"]) for row in rows]
    assert ("Aya", "two_factor_on", None) in done
    assert ("Root", "agent_changed", "Aya") in done
    assert ("Root", "export", None) in done
    assert ("Aya", "sign_in", None) in done
    only = (await root.client.get(f"{DESK}/audit", params={"action": "export"})).json()["audit"]
    assert {row["action"] for row in only} == {"export"}
    page = await root.client.get("/desk/audit")
    assert "Changed somebody" in page.text


async def test_who_opened_a_conversation_is_kept_once_a_day(
    server: Server, clock: TestClock, visitor: Visitor
) -> None:
    root, aya = await server.agent("Root", "admin"), await server.agent("Aya")
    await visitor.say("hello there")
    id = visitor.conversation_id

    async def seen() -> list[str]:
        query = {"action": "conversation_seen"}
        rows = (await root.client.get(f"{DESK}/audit", params=query)).json()["audit"]
        assert {row["subject"] for row in rows} <= {id}
        return [row["actor"] for row in rows]

    assert (await aya.client.get(f"{DESK}/conversations")).status_code == 200
    assert (await aya.client.get(f"{DESK}/conversations/{'0' * 24}")).status_code == 404
    assert await seen() == []
    for path in (f"{DESK}/conversations/{id}", f"{DESK}/conversations/{id}/messages",
                 f"/desk/transcripts/{id}", f"{DESK}/conversations/{id}"):  # fmt: skip
        assert (await aya.client.get(path)).status_code == 200
    assert await seen() == ["Aya"]
    assert (await root.client.get(f"/desk/transcripts/{id}")).status_code == 200
    clock.push(days=1)
    root, aya = await server.agent("Root", "admin"), await server.agent("Aya")  # signed in anew
    assert (await aya.client.get(f"/desk/transcripts/{id}")).status_code == 200
    assert await seen() == ["Aya", "Root", "Aya"]
    page = (await root.client.get("/desk/audit")).text
    assert f'href="/desk/transcripts/{id}"' in page


async def test_refused_sign_ins_are_on_record_without_the_address(
    server: Server, clock: TestClock
) -> None:
    root, aya = await server.agent("Root", "admin"), await server.agent("Aya")
    totp, _, _ = await _with_two_factor(aya, clock)
    assert await _sign_in(server, password="not this one") == (401, "wrong")
    assert await _sign_in(server, "000000") == (401, "otp_wrong")
    body = {"email": "nobody@elsewhere.example", "password": PASSWORD}
    await server.visitor().client.post(f"{DESK}/login", json=body)
    query = {"action": "sign_in_refused"}
    rows = (await root.client.get(f"{DESK}/audit", params=query)).json()["audit"]
    assert [(row["subject"], row["detail"]) for row in rows] == [
        (None, "password"), ("Aya", "code"), ("Aya", "password"),
    ]  # fmt: skip
    assert "elsewhere" not in str(rows)
    assert "Sign-in refused" in (await root.client.get("/desk/audit")).text


def test_whatever_can_be_recorded_has_words_in_both_languages() -> None:
    for lang in ("en", "ja"):
        assert load_texts(lang)["audit"]["actions"].keys() == set(get_args(Action))


async def test_no_secret_is_told_or_logged(server: Server, clock: TestClock) -> None:
    root, aya = await server.agent("Root", "admin"), await server.agent("Aya")
    totp, recovery, _ = await _with_two_factor(aya, clock)
    told = (await root.client.get(f"{DESK}/people")).text + (
        await root.client.get(f"{DESK}/audit")
    ).text
    rows = await server.db.reading(lambda c: [tuple(row) for row in c.execute(audit.select())])
    for secret in (totp.secret, *recovery, PASSWORD):
        assert secret not in told
        assert secret not in str(rows)
    known = await server.db.reading(lambda c: agents.get(c, aya.me["id"]))
    assert known.two_factor
