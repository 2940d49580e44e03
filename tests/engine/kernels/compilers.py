"""Compilers of a test's own, as scripts around the machine's."""

from pathlib import Path


def compiler_script(folder: Path, *lines: str) -> str:
    """Write a shell script of these lines to `folder`; return the command that CC takes."""
    script = folder / "cc"
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    script.chmod(0o700)
    return str(script)
