"""Compilers of a test's own, as scripts around the machine's."""

from pathlib import Path

REMEMBERING = f"sh {Path(__file__).parent / 'remembering_cc.sh'}"
"""For tests of what is done around a compilation: each takes seconds, and at low priority on a busy machine minutes."""


def compiler_script(folder: Path, *lines: str) -> str:
    """Write a shell script of these lines to `folder`; return the command that CC takes."""
    script = folder / "cc"
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    script.chmod(0o700)
    return str(script)
