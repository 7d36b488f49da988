"""Archives as tests want them: sound ones, and ones no archiver would write."""

import io
import struct
import tarfile
import zipfile
import zlib

TABLE = b"id,colour\n1,red\n2,blue\n"


def zipped(members, *, method=zipfile.ZIP_DEFLATED):
    """A zip archive of {name: content}, in that order; a ZipInfo may stand for its name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def encrypted(archive):
    """The zip archive with all its members marked as encrypted."""
    content = bytearray(archive)
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(magic)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(magic, place + 4)
    return bytes(content)


def overlapping_zip():
    """A zip archive of two stored members, the first of which has the second in its content."""

    def local(name, content):
        fields = (20, 0, 0, 0, 0, zlib.crc32(content), len(content), len(content), len(name), 0)
        return struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields) + name + content

    def central(name, content, offset):
        fields = (20, 20, 0, 0, 0, 0, zlib.crc32(content), len(content), len(content), len(name), 0, 0, 0, 0, 0, offset)
        return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *fields) + name

    inner = local(b"b.csv", TABLE)
    outer = local(b"a.csv", inner)
    directory = central(b"a.csv", inner, 0) + central(b"b.csv", TABLE, len(outer) - len(inner))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), len(outer), 0)
    return outer + directory + end


def tarred(members, mode="w", form=tarfile.PAX_FORMAT):
    """A tar archive of {name: content}; a TarInfo may stand for a name, and None for no content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:
        for name, content in members.items():
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def special(name, kind, link=""):
    """A member of a tar archive that is no file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info
