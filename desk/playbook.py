"""The playbook edited at the desk: its files, checked before they count, with their history."""

import asyncio
from pathlib import Path
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.bodies import PlaybookBody
from desk.pages import Pages
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.playbook import playbook_edits
from support.playbook.playbook import AT_START, FILES
from support.team.agents import Login
from support.yamlfile import FileError
from web.errors import ApiError, read_body

# Who may sign in how is for administrators.
_FOR_ADMINS = ("security",)


class PlaybookEditing:
    def __init__(self, around: DeskSurroundings, gate: Gate, pages: Pages) -> None:
        self._around = around
        self._gate = gate
        self._pages = pages

    def routes(self, api: Blueprint, pages: Blueprint) -> None:
        guarded = self._gate.guarded
        api.add_route(guarded("lead", self.listed), "/playbook", methods=["GET"], name="playbook")
        api.add_route(
            guarded("lead", self.read),
            "/playbook/<name:str>",
            methods=["GET"],
            name="read_playbook",
        )
        api.add_route(
            guarded("lead", self.save),
            "/playbook/<name:str>",
            methods=["POST"],
            name="edit_playbook",
        )
        pages.add_route(self._pages.for_leads(self.page), "/playbook", name="playbook")
        pages.add_route(
            self._pages.for_leads(self.file_page), "/playbook/<name:str>", name="playbook_file"
        )

    async def listed(self, request: Request, login: Login) -> HTTPResponse:
        files = await self._around.db.reading(self._files)
        shape = [{**one, "at": one["at"].isoformat() if one["at"] else None} for one in files]
        return json_response({"files": shape}, headers=NO_STORE)

    async def read(self, request: Request, login: Login, name: str) -> HTTPResponse:
        found = await self._file(name)
        history = [
            {"id": one.id, "by": one.by, "at": one.at.isoformat(), "content": one.content}
            for one in found.pop("history")
        ]
        return json_response({**found, "history": history}, headers=NO_STORE)

    async def save(self, request: Request, login: Login, name: str) -> HTTPResponse:
        """422 with the line that is wrong; 409 when somebody else saved meanwhile."""
        body, around = read_body(request, PlaybookBody), self._around
        if name in _FOR_ADMINS and not login.administers:
            raise ApiError(403, "not_allowed", "only administrators may do this")
        try:
            await around.db.writing(
                lambda tx: playbook_edits.save(
                    tx,
                    around.playbook_folder,
                    name,
                    body.content,
                    after=body.after,
                    agent_id=login.agent.id,
                    now=around.clock(),
                )
            )
        except playbook_edits.NoSuchFile as error:
            raise ApiError(404, "not_found", "the playbook has no such file") from error
        except playbook_edits.EditedMeanwhile as error:
            raise ApiError(409, "edited", "somebody else saved it meanwhile", "after") from error
        except FileError as error:
            said = f"{error.path.name}, line {error.line}: {error.what}"
            raise ApiError(422, "malformed", said, "content") from error
        return empty()

    async def page(self, request: Request, login: Login) -> HTTPResponse:
        return self._pages.show(
            "playbook.html",
            login,
            files=await self._around.db.reading(self._files),
            at_start=AT_START,
        )

    async def file_page(self, request: Request, login: Login, name: str) -> HTTPResponse:
        try:
            found = await self._file(name)
        except ApiError:
            return self._pages.refuse(login, "page")
        may = name not in _FOR_ADMINS or login.administers
        return self._pages.show("playbook_file.html", login, file=found, may=may, at_start=AT_START)

    def _files(self, connection: Connection) -> list[dict[str, Any]]:
        return _files(connection, self._around.playbook_folder)

    async def _file(self, name: str) -> dict[str, Any]:
        folder = self._around.playbook_folder
        try:
            shipped = playbook_edits.shipped(folder, name)
        except playbook_edits.NoSuchFile as error:
            raise ApiError(404, "not_found", "the playbook has no such file") from error
        history = await self._around.db.reading(lambda c: playbook_edits.history(c, name))
        newest = history[0] if history else None
        edited = bool(newest and newest.content)
        stands = (
            await asyncio.to_thread(playbook_edits.standing_of, folder, name, newest.content)
            if newest and edited
            else playbook_edits.Standing(shipped)
        )
        return {
            "name": name,
            "content": stands.text,
            "edited": edited,
            "lacking": list(stands.lacking),
            "unknown": list(stands.unknown),
            "refused": stands.refused,
            "after": newest.id if newest else 0,
            "history": history,
        }


def _files(connection: Connection, folder: Path) -> list[dict[str, Any]]:
    """`outgrown`: an update asks for something else than the edit says."""
    newest = playbook_edits.newest(connection)
    found = []
    for name in FILES:
        edit = newest.get(name)
        stands = (
            playbook_edits.standing_of(folder, name, edit.content)
            if edit and edit.content
            else None
        )
        found.append(
            {
                "name": name,
                "edited": stands is not None,
                "outgrown": stands is not None and stands.is_outgrown,
                "by": edit.by if edit else None,
                "at": edit.at if edit else None,
            }
        )
    return found
