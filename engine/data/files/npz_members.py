"""The members of an NPZ file that nobody vouches for, unpacked without trusting what its directory says."""

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import IO

from engine.data.quoting import quoted
from engine.data.stored_members import stored_member
from engine.data.table import Faults, TableError

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # all that NumPy writes
_ENCRYPTED = 0x1
_PIECE = 1 << 20
_BROKEN = "Write it with numpy.savez."


Raw = bytes | memoryview

NameFaults = Callable[[Collection[str]], Iterable[str]]
"""What is wrong with the names of the arrays that a file holds."""


def read_members(content: bytes, *, max_bytes: int, name_faults: NameFaults) -> dict[str, Raw]:
    """Return each array as an NPY file by its name; they may unpack to `max_bytes` together. Raises TableError.

    Those that are not compressed are views on `content`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            faults = Faults()
            faults.add(name_faults({_name(member) for member in members}))
            faults.add(_member_faults(members, max_bytes))
            raw = {} if faults else {_name(member): _raw(content, archive, member) for member in members}
    # The last four are what mutilated directories make of the standard library's reader.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error, OSError) as error:
        raise TableError([f"The file is not a whole NPZ file: {error}. {_BROKEN}"]) from None
    faults.refuse()
    return raw


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(".npy")


def _member_faults(members: Sequence[zipfile.ZipInfo], max_bytes: int) -> Iterator[str]:
    for member in members:
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _COMPRESSIONS:
            yield f"The member {quoted(member.filename)} is encrypted, or compressed in a rare way. {_BROKEN}"
    for name, count in Counter(map(_name, members)).items():
        if count > 1:
            yield f"The array {quoted(name)} is there {count} times. {_BROKEN}"
    size = sum(member.file_size for member in members)
    if size > max_bytes:
        yield f"The arrays take {size:,} bytes; at most {max_bytes:,} are allowed. Leave some out."


def _raw(content: bytes, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Raw:
    if member.compress_type != zipfile.ZIP_STORED:
        return _unpacked(archive, member)
    view = stored_member(content, member)
    if zlib.crc32(view) != member.CRC:
        raise zipfile.BadZipFile(f'"{member.filename}" has another checksum than the directory says')
    return view


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Read a member. A bomb lies about its size, so no more is ever unpacked than the directory says."""
    with archive.open(member) as stream:
        raw = _read(stream, member.file_size)
    if len(raw) != member.file_size:
        there = f'"{member.filename}" has {len(raw):,} bytes and not the {member.file_size:,} of the directory'
        raise zipfile.BadZipFile(there)
    return raw


def _read(stream: IO[bytes], size: int) -> bytes:
    """Read in pieces: a directory may also promise more than there is."""
    buffer, left = io.BytesIO(), size
    while left > 0 and (piece := stream.read(min(_PIECE, left))):
        buffer.write(piece)
        left -= len(piece)
    return buffer.getvalue()
