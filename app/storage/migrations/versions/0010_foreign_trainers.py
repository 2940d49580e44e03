"""Sweeps of foreign trainers have no data set: what tells of it may be null."""

from alembic import op
from sqlalchemy import Connection

revision = "0010"
down_revision = "0009"

OPTIONAL = ("dataset TEXT", "dataset_sha256 TEXT", "dataset_summary TEXT", "artifact_key INTEGER")


def upgrade() -> None:
    """Make the table of sweeps anew beside the old one, with its rows and its indexes."""
    connection = op.get_bind()
    new, indexes = _without_not_null(connection), _indexes(connection)
    connection.exec_driver_sql(new)
    connection.exec_driver_sql("INSERT INTO new_sweeps SELECT * FROM sweeps")
    connection.exec_driver_sql("DROP TABLE sweeps")
    connection.exec_driver_sql("ALTER TABLE new_sweeps RENAME TO sweeps")
    for statement in indexes:
        connection.exec_driver_sql(statement)


def _without_not_null(connection: Connection) -> str:
    query = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'sweeps'"
    statement = str(connection.exec_driver_sql(query).scalar_one())
    body = statement[statement.index("(") :]
    for column in OPTIONAL:
        if f" {column} NOT NULL" not in body:
            raise RuntimeError(f"The table sweeps has no column {column} NOT NULL: {statement}")
        body = body.replace(f" {column} NOT NULL", f" {column}")
    return f"CREATE TABLE new_sweeps {body}"


def _indexes(connection: Connection) -> list[str]:
    """Return the statements of the indexes that go with the old table; SQLite's own have none."""
    query = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'sweeps' AND sql IS NOT NULL"
    return list(connection.exec_driver_sql(query).scalars())
