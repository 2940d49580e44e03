"""Members that a zip file holds as they are, not compressed: views on the file, where reading them would copy them."""

import struct
import zipfile

_HEADER = 30  # the length of a local header before the name
_SIGNATURE = b"PK\x03\x04"


def stored_member(content: bytes, member: zipfile.ZipInfo) -> memoryview:
    """Return a member that is not compressed, as long as the directory says. Raises BadZipFile if it is not there."""
    header = content[member.header_offset : member.header_offset + _HEADER]
    if len(header) != _HEADER or not header.startswith(_SIGNATURE):
        raise zipfile.BadZipFile(f'"{member.filename}" does not begin where the directory says')
    name, extra = struct.unpack("<HH", header[-4:])
    start = member.header_offset + _HEADER + name + extra
    view = memoryview(content)[start : start + member.file_size]
    if len(view) != member.file_size or member.compress_size != member.file_size:
        there = f'"{member.filename}" has {len(view):,} bytes and not the {member.file_size:,} of the directory'
        raise zipfile.BadZipFile(there)
    return view
