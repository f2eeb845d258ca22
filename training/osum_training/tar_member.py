"""Content of a tar file's members."""

import tarfile


def member_bytes(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """All bytes of a member, which must be a file."""
    file = tar.extractfile(member)
    assert file is not None, f"{member.name} is no file"
    return file.read()
