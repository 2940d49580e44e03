"""How the rows of an array are read, as pictures or as plain columns; what was guessed is noted, or asked for."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.data.image import shown
from engine.data.notes import Note
from engine.data.table import Image, TableError, TableFault

SaidImage = Image | Literal["none"] | None
"""What the sender says of the rows: height, width and channels; that they are no pictures; or nothing."""

CHANNELS = (1, 3, 4)
"""How many channels pictures have: grey, colour, colour with transparency."""

RowShape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureShape:
    """How rows are read: as pictures of the shape `image`, or as plain columns; the notes say what was guessed."""

    image: Image | None
    channels_first: bool = False
    notes: tuple[Note, ...] = ()

    def flat(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return an array (rows, ...) as (rows, inputs); the channels of a pixel come side by side."""
        return (np.moveaxis(x, 1, -1) if self.channels_first else x).reshape(len(x), -1)


def read_shape(name: str, shape: RowShape, dtype: np.dtype[Any], said: SaidImage = None) -> PictureShape:
    """Return how the rows of the array `name`, each of this shape, are read.

    Bytes (height, width) are pictures, and so are rows (height, width, channels) with 1, 3 or 4 channels, or with the
    channels first; all others are columns. Raises TableError where that cannot be told, or is said to be otherwise.
    """
    if said is not None:
        return _as_said(name, shape, dtype, said)
    if len(shape) < 2:  # as columns come
        return PictureShape(None)
    guesses = _guesses(shape, dtype)
    if len(guesses) > 1:
        raise TableError([TableFault(_question(name, shape, guesses), "image")])
    if not guesses:
        return PictureShape(None, notes=(_flattened(name, shape),))
    (guess,) = guesses
    return PictureShape(
        guess.image, guess.channels_first, (_moved(name, shape, guess),) if guess.channels_first else ()
    )


def _as_said(name: str, shape: RowShape, dtype: np.dtype[Any], said: Image | Literal["none"]) -> PictureShape:
    if said == "none":
        return PictureShape(None)
    for reading in _readings(shape):
        if reading.image == said:
            return reading
    possible = _guesses(shape, dtype) or ([] if 1 in shape else _readings(shape))
    if possible:
        way = f"Leave it out, or send {_ways(possible)}, or none for plain columns."
        detail = f'The image "{shown(said)}" is not the shape of the rows of {name}, {shape}. {way}'
        raise TableError([TableFault(detail, "image")])
    return PictureShape(said)


def _readings(shape: RowShape) -> list[PictureShape]:
    """Return what rows of this shape may be as pictures, the channels last before the channels first."""
    if len(shape) == 2:  # height and width
        return [PictureShape((*shape, 1))]
    if len(shape) == 3:  # with channels
        first, second, third = shape
        return [PictureShape((first, second, third)), PictureShape((second, third, first), channels_first=True)]
    return []


def _guesses(shape: RowShape, dtype: np.dtype[Any]) -> list[PictureShape]:
    """Return the readings that are as likely as each other; none if the rows are columns."""
    if len(shape) == 2:  # height and width
        return _readings(shape) if dtype == np.uint8 and 1 not in shape else []
    return [reading for reading in _readings(shape) if reading.image and reading.image[2] in CHANNELS]


def _question(name: str, shape: RowShape, guesses: list[PictureShape]) -> str:
    why = f"The rows of {name} have the shape {shape}, whose channels may be the last axis or the first"
    return f"{why}. Send image={_ways(guesses)}, or none for plain columns."


def _ways(guesses: list[PictureShape]) -> str:
    return " or ".join(dict.fromkeys(shown(guess.image) for guess in guesses if guess.image))


def _flattened(name: str, shape: RowShape) -> Note:
    size = "x".join(map(str, shape))
    detail = f"Each row of {name} has the shape {shape}; its numbers were taken as plain columns, one after the other."
    if 1 not in shape and len(shape) in (2, 3):
        detail = f"{detail} If the rows are pictures, send image={size}."
    return Note("flattened", (), detail)


def _moved(name: str, shape: RowShape, guess: PictureShape) -> Note:
    assert guess.image is not None, "only pictures have channels"
    detail = f"The rows of {name}, {shape}, were taken as pictures with the channels first, and read as"
    return Note("channels_first", (), f"{detail} {shown(guess.image)}. If that is wrong, send image=none.")
