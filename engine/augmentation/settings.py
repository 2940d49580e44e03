"""What a member's training images go through; plain numbers, without NumPy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How strongly each image is changed; a strength of zero leaves its kind out.

    `flip` is the probability of a left-right mirror; `tilt` the largest angle in degrees; `shift` the largest shift
    in pixels along each axis; `zoom` the largest relative change of size, below 1; all uniform, to either side.
    `elastic` is the root mean square, in pixels along each axis, of a random displacement that changes smoothly from
    pixel to pixel, and `elastic_sigma`, above 0, the pixels over which it does so.
    """

    flip: float = 0.0
    tilt: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    elastic: float = 0.0
    elastic_sigma: float = 4.0

    @property
    def is_none(self) -> bool:
        """Whether nothing is changed."""
        return not any((self.flip, self.tilt, self.shift, self.zoom, self.elastic))
