"""Logs in from a container, as Snowflake documents it. Prints who it is, and then the error code
for the token of another service, which is on stdin."""

import json
import os
import sys
import urllib.request
import uuid

ADDRESS = "{SNOWFLAKE_PROTOCOL}://{SNOWFLAKE_HOST}:{SNOWFLAKE_PORT}".format(**os.environ)


def post(path, body, session="None"):
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Authorization": f'Snowflake Token="{session}"',
    }
    request = urllib.request.Request(ADDRESS + path, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request, timeout=30))


def login(token):
    credentials = {
        "ACCOUNT_NAME": os.environ["SNOWFLAKE_ACCOUNT"],
        "AUTHENTICATOR": "OAUTH",
        "TOKEN": token,
    }
    return post("/session/v1/login-request", {"data": credentials})


with open("/snowflake/session/token") as file:
    session = login(file.read())["data"]["token"]
query = f"/queries/v1/query-request?requestId={uuid.uuid4()}"
answer = post(query, {"sqlText": "SELECT CURRENT_USER(), CURRENT_ROLE()"}, session)
print(*answer["data"]["rowset"][0])
print(login(sys.stdin.read())["code"])
