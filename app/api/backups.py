"""Route of backups."""

import os

from fastapi import APIRouter, Response

from app.api.access_rules import needs
from app.api.dependencies import UseCases
from app.api.streams import FileAnswer
from app.api.strict_route import StrictRoute
from app.domain.access import Scope

router = APIRouter(route_class=StrictRoute, tags=["backup"])


@router.post(
    "/v1/backup",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
@needs(Scope.ADMIN)
def take_backup(services: UseCases) -> Response:
    """Fetch a checked copy of the whole database as it is between two commits, while others work: one SQLite file."""
    file = services.storage.backup()
    answer = FileAnswer(os.fstat(file.fileno()).st_size, file)
    answer.headers["Content-Disposition"] = 'attachment; filename="logsweep.db"'
    return answer
