"""Settings of the Jupyter server in the service's container."""

c = get_config()  # noqa: F821 - defined by Jupyter

c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.root_dir = "/home/jupyter"

# No token and no password: the server is reachable only through the service's public endpoint,
# whose ingress proxy admits logged-in users with the service role. For the same reason, the Host
# header is not checked here. XSRF protection stays on.
c.IdentityProvider.token = ""
c.ServerApp.allow_remote_access = True

# The image contains all packages, so the extension manager must not query PyPI.
c.LabApp.extension_manager = "readonly"
