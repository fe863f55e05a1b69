"""Settings of the Jupyter server in the service's container."""

c = get_config()  # noqa: F821 - given by Jupyter

c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.root_dir = "/home/jupyter"

# No token and no password of its own: the only way in is the service's public endpoint, whose
# ingress proxy lets in logged-in users that hold the service role. That is also why the name
# in the Host header is not checked here. XSRF protection stays on.
c.IdentityProvider.token = ""
c.ServerApp.allow_remote_access = True

# Packages come with the image; the one thing that would look for others by itself is off.
c.LabApp.extension_manager = "readonly"
