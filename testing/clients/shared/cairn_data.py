"""What every suite shares: the odd keys, and bytes that are the same in every language.

The other languages have their own copy of `pattern`; README.md says how it is made.
"""

import functools
import hashlib
import json
import pathlib

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
