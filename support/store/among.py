"""Whether a column is one of many values: in one parameter, however many there are.

An `IN` has a parameter for each: with a thousand of them it takes longer to be put together than to
be answered. Both databases go through the values by an index of the column.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeEngine


class _Texts(TypeDecorator[Collection[str]]):
    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        of = ARRAY(Text) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(of)

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> Any:
        given = list(value or ())
        return given if dialect.name == "postgresql" else json.dumps(given)


class _Among(FunctionElement[bool]):
    type = Boolean()
    name = "among"
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        # As it is: beside an AND, SQLite would be asked whether it is 1, and use no index.
        return self


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: Any, **more: Any) -> str:
    column, values = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} = ANY({values})"


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: Any, **more: Any) -> str:
    column, values = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - no values


def among(column: ColumnElement[Any], values: Collection[str]) -> ColumnElement[bool]:
    """Whether `column` is one of these texts."""
    return _Among(column, bindparam("among", values, type_=_Texts(), unique=True))
