"""What every suite shares: the odd keys, and bytes that are the same in every language.

The other languages have their own copy of `pattern`; README.md says how it is made.
"""

import functools
import hashlib
import json
import os
import pathlib
import time

MIB = 1024 * 1024

# Prime, so that no part boundary of any client falls on a block boundary: parts that swap places are noticed.
BLOCK_BYTES = 1_048_573

# In UTF-8 order, which is the order of S3's listings.
ODD_KEYS = json.loads((pathlib.Path(__file__).parent / "odd-keys.json").read_text())


@functools.cache
def _block() -> bytes:
    digests = (hashlib.sha256(f"cairn{i}".encode()).digest() for i in range(BLOCK_BYTES // 32 + 1))
    return b"".join(digests)[:BLOCK_BYTES]


def pattern(length: int) -> bytes:
    """The first `length` bytes of the test data: one block, repeated."""
    block = _block()
    return (block * (length // BLOCK_BYTES + 1))[:length]


def file_keys() -> list[str]:
    """The odd keys that can be the paths of files in one folder, for tools that copy folders."""
    usable = [key for key in ODD_KEYS if all(_is_file_name(part) for part in key.split("/"))]
    folders = {key[:at] for key in usable for at, letter in enumerate(key) if letter == "/"}
    return [key for key in usable if key not in folders]


def _is_file_name(part: str) -> bool:
    return part not in ("", ".", "..") and len(part.encode()) <= 255


def make_files(folder: pathlib.Path) -> dict[str, bytes]:
    """Writes a file for each of `file_keys`, an hour old; returns what is in each.

    S3 tells when an object was written in whole seconds: a file of the same second would seem newer than its upload.
    """
    hour_ago = time.time() - 3600
    contents = {key: f"contents of {index}".encode() for index, key in enumerate(file_keys())}
    for key, content in contents.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (hour_ago, hour_ago))
    return contents


def read_files(folder: pathlib.Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
