"""What the server answers, as records. They are called as in the OpenAPI document, which describes each field.

Fields that a newer server adds are there too, as they came. Each module has the answers to the operations of its name.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Direction = Literal["minimize", "maximize"]
Metrics = dict[str, float | None]


class Answer(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(extra="allow", frozen=True)
