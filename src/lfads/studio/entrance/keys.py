"""The secrets of a studio, all made from the token in the link that is printed."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Keys:
    """What a browser must show.

    Parameters
    ----------
    token
        In the printed link; nobody without it sees anything.

    Examples
    --------
    >>> keys = Keys("secret")
    >>> keys.is_session(keys.session), keys.is_session("guess"), keys.is_csrf(keys.session)
    (True, False, False)
    """

    token: str

    @property
    def cookie(self) -> str:
        """Name of the cookie: another for each studio, since browsers do not tell ports apart."""
        return f"lfads-studio-{self._made('name')[:8]}"

    @property
    def session(self) -> str:
        """Value of the cookie, which scripts cannot read."""
        return self._made("session")

    @property
    def csrf(self) -> str:
        """In every form of ours, and in no page of others."""
        return self._made("csrf")

    def is_token(self, text: str) -> bool:
        """Whether it is the token, told in a time that does not depend on what it is."""
        return hmac.compare_digest(text.encode(), self.token.encode())

    def is_session(self, text: str) -> bool:
        """Whether it is the cookie's value."""
        return hmac.compare_digest(text.encode(), self.session.encode())

    def is_csrf(self, text: str) -> bool:
        """Whether it is what our forms hold."""
        return hmac.compare_digest(text.encode(), self.csrf.encode())

    def _made(self, purpose: str) -> str:
        return hmac.new(self.token.encode(), purpose.encode(), hashlib.sha256).hexdigest()
