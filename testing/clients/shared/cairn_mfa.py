"""A virtual MFA device, as an app on a phone is one: RFC 6238 with SHA-1, six digits, thirty seconds."""

import base64
import hmac
import struct
import time

STEP_SECONDS = 30


class Device:
    """Shows codes that were not used yet.

    A server takes the code of the step before this one, of this one and of the next, each once and in order: so a
    device that was just enabled has two codes left at once, and after that one every thirty seconds.
    """

    def __init__(self, seed: str):
        """`seed` as CreateVirtualMFADevice tells it: in base 32."""
        self.key = base64.b32decode(seed)
        self.last = 0

    def enabling(self) -> tuple[str, str]:
        """Two consecutive codes, the oldest that are taken."""
        return self._show(_now() - 2), self._show(_now() - 1)

    def code(self) -> str:
        """The next code; waits where the server would not take it yet."""
        step = max(self.last + 1, _now() - 1)
        while step > _now() + 1:
            time.sleep(1)
        return self._show(step)

    def _show(self, step: int) -> str:
        self.last = step
        digest = hmac.digest(self.key, struct.pack(">Q", step), "sha1")
        offset = digest[-1] & 0xF
        (word,) = struct.unpack(">I", digest[offset : offset + 4])
        return f"{(word & 0x7FFFFFFF) % 1_000_000:06}"


def _now() -> int:
    return int(time.time()) // STEP_SECONDS
