"""Settings of the Jupyter server in the service's container."""

import os
import sys

# The folder of this file.
sys.path.insert(0, os.path.dirname(__file__))

from spcs_ingress import IngressIdentity  # noqa: E402

c = get_config()  # noqa: F821 - defined by Jupyter

c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.root_dir = "/home/jupyter"

# No token and no password: the ingress has checked the user. spcs_ingress refuses what it has not
# forwarded, and checks the Host header instead of Jupyter. XSRF protection stays on.
c.ServerApp.identity_provider_class = IngressIdentity
c.IdentityProvider.token = ""
c.ServerApp.allow_remote_access = True
c.ServerApp.jpserver_extensions = {"spcs_ingress": True}
# Without that extension, the server must not start.
c.ServerApp.reraise_server_extension_failures = True

# The image contains all packages, so the extension manager must not query PyPI.
c.LabApp.extension_manager = "readonly"
