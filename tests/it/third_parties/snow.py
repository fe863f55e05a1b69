"""Runs every SPCS command of the Snowflake CLI that the local platform supports.

Usage: snow.py STATUS.json
"""

import glob
import json
import os
import re
import stat
import sys
import tempfile
import traceback

import checking
from checking import HERE, STATUS, contains, equal

SQL = os.path.join(HERE, "..", "..", "..", "sql")
REGISTRY = STATUS["registry"]
REPOSITORY = f"{REGISTRY}/milvus_demo/public/milvus_repo"

# A value for each template variable in our SQL files.
VALUES = {
    "account_role": "ACCOUNTADMIN",
    "security_role": "SECURITYADMIN",
    "user_role": "USERADMIN",
    "system_role": "SYSADMIN",
    "role": "MILVUS_ROLE",
    "endpoint_role": "MILVUS_ENDPOINT_ROLE",
    "user": "MILVUS_USER",
    "user_password": "Not-4-secret",
    "owner_comment": "managed by cargo xtask, deployment milvus_demo",
    "ingress_integration": "SNOWSERVICES_INGRESS_OAUTH",
    "warehouse": "MILVUS_WAREHOUSE",
    "warehouse_size": "X-SMALL",
    "warehouse_auto_suspend": "180",
    "database": "MILVUS_DEMO",
    "schema": "PUBLIC",
    "repository": "MILVUS_REPO",
    "specs_stage": "YAML_STAGE",
    "data_stage": "DATA",
    "files_stage": "FILES",
    "network_rule": "MILVUS_EGRESS_RULE",
    "egress_hosts": "'pypi.org:443', 'files.pythonhosted.org:443'",
    "egress_integration": "MILVUS_EGRESS_EAI",
}
POOL = {"pool_min_nodes": "1", "pool_max_nodes": "1", "pool_family": "CPU_X64_S",
        "pool_auto_suspend": "3600"}
INSTANCES = {"min_instances": "1", "max_instances": "1"}
# The extra values for files with `-- for each: pool` or `-- for each: service`, one entry each.
EACH = {
    "pool": [POOL | {"pool": f"{name}_COMPUTE_POOL"} for name in ("MILVUS", "JUPYTER")],
    "service": [
        INSTANCES | {"service": name, "service_pool": f"{name}_COMPUTE_POOL",
                     "spec_file": f"{name.lower()}.yaml"} for name in ("MILVUS", "JUPYTER")
    ],
}

SPEC = """\
spec:
  containers:
  - name: main
    image: /milvus_demo/public/milvus_repo/{image}
  endpoints:
  - name: web
    port: 8080
    public: true
"""


class Snow:
    """The CLI with its own configuration."""

    def __init__(self, folder):
        self.folder = folder
        home = os.path.join(folder, "snowflake")
        os.makedirs(home)
        config = os.path.join(home, "config.toml")
        place = {key: STATUS[key] for key in ("host", "port", "account", "user", "password")}
        place |= {"protocol": "http", "role": "SYSADMIN"}
        lines = ['default_connection_name = "local"', "", "[connections.local]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in place.items()]
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        os.chmod(config, 0o600)
        programs = os.path.join(folder, "bin")
        os.makedirs(programs)
        # `image-registry login` calls docker, which may be missing. skopeo logs in the same way.
        docker = os.path.join(programs, "docker")
        with open(docker, "w", encoding="utf-8") as file:
            login = f'skopeo login --tls-verify=false --authfile="{folder}/docker.json"'
            file.write(f'#!/bin/sh\n[ "$1" = login ] || exit 9\nshift\nexec {login} "$@"\n')
        os.chmod(docker, stat.S_IRWXU)
        os.environ |= {
            "SNOWFLAKE_HOME": home,
            "HOME": folder,
            "PATH": f"{programs}:{os.environ['PATH']}",
        }
        os.chdir(folder)

    def run(self, *arguments):
        """Runs a command and returns its exit code, stdout and stderr.

        The CLI takes over a second to load, so it is loaded once and forked for each command.
        """
        from snowflake.cli._app.__main__ import main as snow
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
            # Otherwise the child would write the buffered output a second time.
            sys.stdout.flush()
            sys.stderr.flush()
            child = os.fork()
            if child == 0:
                os.dup2(out.fileno(), 1)
                os.dup2(error.fileno(), 2)
                sys.argv = ["snow", *arguments]
                code = 1
                try:
                    code = snow()
                except SystemExit as end:
                    code = end.code
                except BaseException:
                    traceback.print_exc()
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    os._exit(code or 0)
            _, status = os.waitpid(child, 0)
            out.seek(0)
            error.seek(0)
            return os.waitstatus_to_exitcode(status), out.read(), error.read()

    def text(self, *arguments):
        """Runs a command, which must succeed, and returns its stdout."""
        code, out, error = self.run(*arguments)
        if code != 0:
            sys.exit(f"snow {' '.join(arguments)}: exit code {code}\n{out}\n{error}")
        return out

    def json(self, *arguments):
        return json.loads(self.text(*arguments, "--format", "json"))

    def here(self, *arguments):
        """Runs a command in the deployment's schema and returns its JSON output."""
        return self.json(*arguments, "--database", "MILVUS_DEMO", "--schema", "PUBLIC")

    def done(self, *arguments):
        """Runs a command and returns the status message that it prints."""
        answer = self.here(*arguments)
        answer = answer[0] if isinstance(answer, list) else answer
        return next(iter(answer.values()))

    def sql_file(self, path):
        """Runs one of our SQL files, once for each entry of `for each`, with exactly the variables
        that it uses."""
        with open(path, encoding="utf-8") as file:
            text = file.read()
        names = sorted(set(re.findall(r"<% (\w+) %>", text)))
        each = re.search(r"^-- for each: (\w+)$", text, re.MULTILINE)
        for entry in EACH[each[1]] if each else [{}]:
            known = VALUES | entry
            values = [part for name in names for part in ("-D", f"{name}={known[name]}")]
            self.text("sql", "-f", path, *values)


def connection(snow):
    equal("connection test", snow.json("connection", "test", "--connection", "local")["Status"],
          "OK")
    found = snow.json("sql", "-q", "SELECT CURRENT_ROLE() AS R; SELECT 1 AS N")
    equal("sql -q with two statements", found, [[{"R": "SYSADMIN"}], [{"N": 1}]])
    code, _, error = snow.run("sql", "-q", "DROP COMPUTE POOL NOT_THERE")
    equal("a statement that fails", code, 1)
    contains("its error", error, "002003 (02000)")


def sql_files(snow, name):
    for path in sorted(glob.glob(os.path.join(SQL, name, "*.sql"))):
        snow.sql_file(path)


def repositories(snow):
    command = ("spcs", "image-repository")
    contains("create", snow.done(*command, "create", "another"), "successfully created")
    snow.done(*command, "create", "another", "--if-not-exists")
    code, _, error = snow.run(*command, "create", "another", "--database", "MILVUS_DEMO",
                              "--schema", "PUBLIC")
    equal("create it again", (code, "already exists" in error), (1, True))
    names = [row["name"] for row in snow.here(*command, "list")]
    equal("list", names, ["ANOTHER", "MILVUS_REPO"])
    names = [row["name"] for row in snow.here(*command, "list", "--like", "MILVUS%")]
    equal("list --like", names, ["MILVUS_REPO"])
    contains("drop", snow.done(*command, "drop", "another"), "successfully dropped")
    url = snow.text(*command, "url", "milvus_repo", "--database", "MILVUS_DEMO",
                    "--schema", "PUBLIC").strip()
    equal("url", url, REPOSITORY)


def registry(snow):
    command = ("spcs", "image-registry")
    equal("url", snow.text(*command, "url").strip(), REGISTRY)
    token = snow.json(*command, "token")
    equal("token", sorted(token), ["expires_in", "token"])
    layout = checking.image(os.path.join(snow.folder, "image"))
    names = ("milvus:1", "jupyter:1", "jupyter:2")
    checking.push(layout, REPOSITORY, names, "0sessiontoken", json.dumps(token), snow.folder)
    images = snow.here("spcs", "image-repository", "list-images", "milvus_repo")
    found = sorted((row["image_name"], row["tags"]) for row in images)
    equal("list-images", found, [("jupyter", "1,2"), ("milvus", "1")])
    contains("login", snow.text(*command, "login"), "Login Succeeded")


def stages(snow):
    tree = os.path.join(snow.folder, "tree")
    os.makedirs(os.path.join(tree, "below"))
    texts = {"a.txt": "a", "b.txt": "bb", "below/c.txt": "ccc"}
    for name, text in texts.items():
        with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
            file.write(text)
    at = "@milvus_demo.public.data"
    [put] = snow.json("stage", "copy", f"{tree}/a.txt", f"{at}/one")
    equal("copy up", (put["target"], put["status"]), ("a.txt", "UPLOADED"))
    [put] = snow.json("stage", "copy", f"{tree}/a.txt", f"{at}/packed", "--auto-compress")
    equal("copy up, packed", (put["target"], put["status"]), ("a.txt.gz", "UPLOADED"))
    [put] = snow.json("stage", "copy", f"{tree}/a.txt", f"{at}/one")
    equal("copy up again", (put["target"], put["status"]), ("a.txt", "SKIPPED"))
    [put] = snow.json("stage", "copy", f"{tree}/a.txt", f"{at}/packed", "--auto-compress")
    equal("copy up again, packed", (put["target"], put["status"]), ("a.txt.gz", "SKIPPED"))
    [put] = snow.json("stage", "copy", f"{tree}/a.txt", f"{at}/one", "--overwrite")
    equal("copy up again, with --overwrite", put["status"], "UPLOADED")
    puts = snow.json("stage", "copy", tree, f"{at}/all", "--recursive")
    equal("copy up recursively", [put["status"] for put in puts], ["UPLOADED"] * 3)
    code, _, error = snow.run("stage", "copy", tree, f"{at}/all", "--recursive")
    equal("copy up recursively again", code, 1)
    contains("its error", " ".join(error.split()), "the file already exists")
    puts = snow.json("stage", "copy", tree, f"{at}/all", "--recursive", "--overwrite")
    equal("with --overwrite", [put["status"] for put in puts], ["UPLOADED"] * 3)
    listed = snow.json("stage", "list-files", f"{at}/all")
    found = {row["name"]: row["size"] for row in listed}
    equal("list-files", found, {f"data/all/{name}": len(text) for name, text in texts.items()})
    back = os.path.join(snow.folder, "back")
    os.makedirs(back)
    snow.json("stage", "copy", f"{at}/all", back, "--recursive")
    for name, text in texts.items():
        with open(os.path.join(back, name), encoding="utf-8") as file:
            equal(f"copy down {name}", file.read(), text)


def pools(snow):
    command = ("spcs", "compute-pool")
    create = ("create", "another", "--family", "CPU_X64_XS", "--min-nodes", "1")
    contains("create", snow.done(*command, *create, "--comment", "mine"), "successfully created")
    snow.done(*command, *create, "--if-not-exists")
    equal("list", [row["name"] for row in snow.here(*command, "list")],
          ["ANOTHER", "JUPYTER_COMPUTE_POOL", "MILVUS_COMPUTE_POOL"])
    equal("list --like", len(snow.here(*command, "list", "--like", "%COMPUTE%")), 2)

    def described():
        answer = snow.here(*command, "describe", "another")
        return answer[0] if isinstance(answer, list) else answer

    equal("describe", (described()["instance_family"], described()["comment"]),
          ("CPU_X64_XS", "mine"))
    checking.until("a started pool", lambda: described()["state"] in ("IDLE", "ACTIVE"))
    contains("status", json.dumps(snow.here(*command, "status", "another")), "IDLE")
    snow.done(*command, "set", "another", "--max-nodes", "2", "--comment", "still mine",
              "--no-auto-resume", "--auto-suspend-secs", "60")
    pool = described()
    keys = ("max_nodes", "comment", "auto_suspend_secs", "auto_resume")
    found = [str(pool[key]).lower() for key in keys]
    equal("set", found, ["2", "still mine", "60", "false"])
    snow.done(*command, "unset", "another", "--comment")
    equal("unset", described()["comment"] or "", "")
    snow.done(*command, "suspend", "another")
    checking.until("a suspended pool", lambda: described()["state"] == "SUSPENDED")
    snow.done(*command, "resume", "another")
    checking.until("a resumed pool", lambda: described()["state"] in ("IDLE", "ACTIVE"))
    snow.done(*command, "stop-all", "another")
    contains("drop", snow.done(*command, "drop", "another"), "successfully dropped")


def services(snow):
    command = ("spcs", "service")
    for image in ("jupyter:1", "jupyter:2"):
        with open(os.path.join(snow.folder, f"{image}.yaml"), "w", encoding="utf-8") as file:
            file.write(SPEC.format(image=image))
    create = ("create", "another", "--compute-pool", "MILVUS_COMPUTE_POOL", "--spec-path",
              "jupyter:1.yaml", "--min-instances", "1", "--max-instances", "2", "--comment",
              "it's mine", "--query-warehouse", "MILVUS_WAREHOUSE", "--eai-name",
              "MILVUS_EGRESS_EAI")
    contains("create", snow.done(*command, *create), "successfully created")
    snow.done(*command, *create, "--if-not-exists")
    equal("list", [row["name"] for row in snow.here(*command, "list")],
          ["ANOTHER", "JUPYTER", "MILVUS"])

    def described():
        answer = snow.here(*command, "describe", "another")
        return answer[0] if isinstance(answer, list) else answer

    def instances():
        return snow.here(*command, "list-instances", "another")

    def ready():
        return [row["status"] for row in instances()] == ["READY"]

    keys = ("comment", "compute_pool", "query_warehouse", "max_instances")
    found = [str(described()[key]) for key in keys]
    equal("describe", found, ["it's mine", "MILVUS_COMPUTE_POOL", "MILVUS_WAREHOUSE", "2"])
    checking.until("a ready instance", ready)
    status = snow.here(*command, "status", "another")
    equal("status", (status[0]["containerName"], status[0]["status"]), ("main", "READY"))
    containers = snow.here(*command, "list-containers", "another")
    contains("list-containers", containers[0]["image_name"], "milvus_repo/jupyter:1")
    endpoints = snow.here(*command, "list-endpoints", "another")
    equal("list-endpoints", [(row["name"], row["port"]) for row in endpoints], [("web", 8080)])
    roles = [row["name"] for row in snow.here(*command, "list-roles", "another")]
    equal("list-roles", "ALL_ENDPOINTS_USAGE" in roles, True)
    snow.text(*command, "logs", "milvus_demo.public.another", "--container-name", "main",
              "--instance-id", "0", "--num-lines", "5", "--include-timestamps")
    upgrade = ("upgrade", "another", "--spec-path", "jupyter:2.yaml")
    contains("upgrade", snow.done(*command, *upgrade), "executed successfully")
    checking.until("an upgraded service", lambda: ready() and "jupyter:2" in snow.here(
        *command, "list-containers", "another")[0]["image_name"])
    snow.done(*command, "set", "another", "--comment", "still", "--max-instances", "3",
              "--no-auto-resume")
    found = [str(described()[key]).lower() for key in ("comment", "max_instances", "auto_resume")]
    equal("set", found, ["still", "3", "false"])
    snow.done(*command, "unset", "another", "--comment")
    equal("unset", described()["comment"] or "", "")
    snow.done(*command, "suspend", "another")
    checking.until("a suspended service", lambda: described()["status"] == "SUSPENDED")
    snow.done(*command, "resume", "another")
    checking.until("a resumed service", lambda: described()["status"] == "RUNNING")
    contains("drop", snow.done(*command, "drop", "another", "--force"), "successfully dropped")
    code, _, error = snow.run(*command, "describe", "milvus_demo.public.another")
    # A real account has two messages for this. Both contain "does not exist".
    equal("describe what is dropped", (code, "does not exist" in error), (1, True))


def specs(snow):
    """Uploads the spec files that the SQL files for services use."""
    for name in ("milvus", "jupyter"):
        path = os.path.join(snow.folder, f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SPEC.format(image=f"{name}:1"))
        snow.text("stage", "copy", path, "@milvus_demo.public.yaml_stage")


def main():
    with tempfile.TemporaryDirectory() as folder:
        snow = Snow(folder)
        print(snow.text("--version").strip())
        connection(snow)
        sql_files(snow, "bootstrap")
        repositories(snow)
        registry(snow)
        stages(snow)
        pools(snow)
        specs(snow)
        sql_files(snow, "services")
        services(snow)
        sql_files(snow, "password")
        sql_files(snow, "teardown")
        equal("what is left", snow.json("spcs", "service", "list"), [])
        equal("what is left", snow.json("spcs", "compute-pool", "list"), [])


main()
