"""An authenticator app: the codes of a virtual MFA device (RFC 6238)."""

import base64
import hashlib
import hmac
import time

STEP = 30


class Device:
    """A virtual MFA device of which the seed is known."""

    def __init__(self, serial: str, seed: str | bytes):
        self.serial = serial
        self.seed = seed.decode() if isinstance(seed, bytes) else seed
        # The step of the newest code that was given out.
        self.given: int | None = None

    @classmethod
    def create(cls, iam, name: str, **options) -> "Device":
        """A new device that is nobody's."""
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **options)["VirtualMFADevice"]
        return cls(made["SerialNumber"], made["Base32StringSeed"])

    @classmethod
    def of(cls, iam, user: str, name: str | None = None) -> "Device":
        """A new device that is enabled for a user."""
        device = cls.create(iam, name or user)
        device.enable(iam, user)
        return device

    def enable(self, iam, user: str) -> None:
        """Enables it for a user."""
        first, second = self.pair()
        iam.enable_mfa_device(
            UserName=user, SerialNumber=self.serial, AuthenticationCode1=first, AuthenticationCode2=second
        )

    def code(self, step: int) -> str:
        """The code of a step."""
        mac = hmac.new(base64.b32decode(self.seed), step.to_bytes(8, "big"), hashlib.sha1).digest()
        at = mac[19] & 15
        return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"

    def pair(self) -> tuple[str, str]:
        """The code before this one, and this one. Right for thirty seconds at least."""
        self.given = int(time.time()) // STEP
        return self.code(self.given - 1), self.code(self.given)

    def fresh(self) -> str:
        """A code after all that were given out. A server takes the next one before its time comes, and no later
        one: then this waits as a person does."""
        step = int(time.time()) // STEP
        if self.given is not None:
            step = max(step, self.given + 1)
        while step > int(time.time()) // STEP + 1:
            time.sleep(0.2)
        self.given = step
        return self.code(step)
