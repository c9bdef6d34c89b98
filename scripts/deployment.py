"""`python3 -m scripts.deployment shop.example`: the secrets of a deployment, for deploy/.env.

The brain and the actions are given secrets derived from the one that is kept, never that one.
"""

import hashlib
import hmac
import secrets
import sys


def derived(master: str, purpose: str) -> str:
    """As `Settings.key` of the server derives it."""
    return hmac.new(master.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def lines(site: str) -> list[str]:
    master = secrets.token_urlsafe(48)
    return [
        f"SITE={site}",
        f"OMOTENASHI_SECRET_KEY={master}",
        f"BRAIN_SECRET={derived(master, 'brain')}",
        f"ACTIONS_SECRET={derived(master, 'actions')}",
        f"POSTGRES_PASSWORD={secrets.token_hex(24)}",
    ]


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1].strip("."):
        print("which site? python3 -m scripts.deployment shop.example", file=sys.stderr)
        return 2
    print("\n".join(lines(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
