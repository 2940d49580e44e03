"""Compile the kernels into the package, for every processor that an image may meet: python -m engine.kernels."""

from engine.kernels.cache import SHIPPED
from engine.kernels.compiler import compile_library, library_name
from engine.kernels.level import levels


def main() -> None:
    """Compile a library for each level of this architecture. Raises KernelsUnavailableError if that fails."""
    SHIPPED.mkdir(exist_ok=True)
    for level in levels():
        compile_library(level, SHIPPED / library_name(level))


if __name__ == "__main__":
    main()
