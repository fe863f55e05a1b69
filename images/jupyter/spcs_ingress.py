"""Lets the Jupyter server answer only what the ingress has forwarded.

The ingress is the only one that knows the user, and it says so in `Sf-Context-Current-User`. Others
can reach the port too, and can send that header: on Snowflake the services that may talk to this
one, on the local platform also the other services of the schema and, with some engines, the other
users of the machine. So more than the header is asked for:

* On the local platform, the key in KEY_FILE. The platform makes one for each service at each of its
  starts, writes it beside the session token, and its ingress sends it with each request.
* On Snowflake there is no such file. A public endpoint is reached from outside only through the
  ingress, which overwrites the header, so the Host must be a public one: a service that connects
  directly uses this service's internal name or address.

A web page that makes a browser connect to the container's address (DNS rebinding) knows no key, and
its Host is not one of these.

Code in the notebook can read the key, as it can read the session token: whoever may use the notebook
can let others in. `GET /api`, which returns Jupyter's version, is answered without all this, because
the readiness probe does not come through the ingress.
"""

import hmac
import ipaddress
import re
from pathlib import Path

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.routing import Matcher, Rule
from tornado.web import ErrorHandler

KEY_FILE = Path("/snowflake/session/ingress_key")
KEY_HEADER = "Sf-Context-Ingress-Key"
USER_HEADER = "Sf-Context-Current-User"

LOCAL_HOST = re.compile(r"[a-z0-9-]+\.localhost\Z", re.ASCII | re.IGNORECASE)
SNOWFLAKE_HOST = re.compile(r"[a-z0-9.-]+\.snowflakecomputing\.(app|cn|com)\Z", re.ASCII | re.IGNORECASE)


class NotForwarded(Matcher):
    """Matches the requests that did not come through the ingress."""

    def __init__(self):
        self.is_local = KEY_FILE.exists()

    def match(self, request):
        host = host_of(request)
        if self.is_local:
            forwarded = LOCAL_HOST.match(host) and self.has_key(request)
            probe = is_address(host)
        else:
            forwarded = SNOWFLAKE_HOST.match(host)
            probe = True
        if request.method == "GET" and request.path == "/api" and probe:
            return None
        return None if forwarded and single(request, USER_HEADER) else {}

    def has_key(self, request):
        try:
            # The platform replaces the file when it starts again.
            key = KEY_FILE.read_bytes().strip()
        except OSError:
            return False
        sent = single(request, KEY_HEADER).encode("utf-8", "replace")
        return bool(key) and hmac.compare_digest(sent, key)


NOT_FORWARDED = NotForwarded()


class IngressIdentity(IdentityProvider):
    """The user is the one that the ingress names."""

    login_available = False
    logout_available = False

    def get_user(self, handler):
        # Checked again, so that nobody runs code even if the extension below is switched off.
        if NOT_FORWARDED.match(handler.request) is not None:
            return None
        name = single(handler.request, USER_HEADER)
        return User(username=name, initials=name[:2]) if name else None


def single(request, header):
    """The value of a header that was sent exactly once, or an empty text."""
    values = request.headers.get_list(header)
    return values[0].strip() if len(values) == 1 else ""


def host_of(request):
    """The Host without its port, or an empty text."""
    host = single(request, "Host")
    return re.sub(r":\d+\Z", "", host).strip("[]")


def is_address(host):
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _jupyter_server_extension_points():
    return [{"module": "spcs_ingress"}]


def _load_jupyter_server_extension(app):
    # Before every other rule, also those for static files and WebSockets.
    refuse = Rule(NOT_FORWARDED, ErrorHandler, {"status_code": 403})
    app.web_app.default_router.rules.insert(0, refuse)
