"""Runs the Python connector of either generation against the local platform.

Usage: connector.py STATUS.json
"""

import gzip
import os
import re
import secrets
import tempfile

import snowflake.connector
from snowflake.connector import errors

import checking
from checking import HERE, STATUS, contains, equal

CLASSIC = snowflake.connector.__version__.startswith("4.")

SPEC = """\
spec:
  containers:
  - name: {name}
    image: /milvus_demo/public/milvus_repo/{name}
  endpoints:
  - name: {name}
    port: {port}
    public: {public}
"""

COLUMNS = {
    "SHOW SERVICES": "name status database_name schema_name owner compute_pool dns_name"
    " current_instances target_instances min_ready_instances min_instances max_instances"
    " auto_resume external_access_integrations created_on updated_on resumed_on suspended_on"
    " auto_suspend_secs comment owner_role_type query_warehouse is_job is_async_job spec_digest"
    " is_upgrading managing_object_domain managing_object_name",
    "DESCRIBE SERVICE MILVUS": "name status database_name schema_name owner compute_pool spec"
    " dns_name current_instances target_instances min_ready_instances min_instances"
    " max_instances auto_resume external_access_integrations created_on updated_on resumed_on"
    " suspended_on auto_suspend_secs comment owner_role_type query_warehouse is_job is_async_job"
    " spec_digest is_upgrading managing_object_domain managing_object_name",
    "SHOW SERVICE INSTANCES IN SERVICE MILVUS": "database_name schema_name service_name"
    " service_status instance_id status spec_digest creation_time start_time ip_address",
    "SHOW COMPUTE POOLS": "name state min_nodes max_nodes instance_family num_services num_jobs"
    " auto_suspend_secs auto_resume active_nodes idle_nodes target_nodes created_on resumed_on"
    " updated_on owner comment is_exclusive application backup_instance_families",
    "SHOW IMAGES IN IMAGE REPOSITORY MILVUS_REPO": "created_on image_name tags digest image_path",
    "LIST @YAML_STAGE": "name size md5 last_modified",
}


def connect(**more):
    if not CLASSIC:
        more = {"enable_server_session_keep_alive_auto_detection": True, **more}
    place = {key: STATUS[key] for key in ("host", "port", "account", "user", "password")}
    return snowflake.connector.connect(**{"protocol": "http", **place, **more})


def rows(cursor, sql, *arguments):
    """The rows of a statement, as dictionaries by column name."""
    cursor.execute(sql, *arguments)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


def refused(cursor, sql, number, state):
    try:
        cursor.execute(sql)
    except errors.ProgrammingError as error:
        equal(f"the error of {sql}", (error.errno, error.sqlstate), (number, state))
        return
    raise SystemExit(f"{sql}: no error")


def logins():
    try:
        connect(password="not it")
    except errors.Error as error:
        contains("a wrong password", str(error), "Incorrect username or password")
    else:
        raise SystemExit("a wrong password logs in")


def variables():
    text = "it's a 'text' with ? and :1 and %s, and ünïcode \\ "
    with connect() as connection, connection.cursor() as cursor:
        found = cursor.execute("SELECT %s, %s, %s, %s", (text, -7, True, None)).fetchone()
        equal("values put in by the client", found, (text, -7, True, None))
    for style, sql in {"qmark": "SELECT ?, ?, ?, ?", "numeric": "SELECT :1, :2, :3, :4"}.items():
        with connect(paramstyle=style) as connection, connection.cursor() as cursor:
            found = cursor.execute(sql, (text, -7, True, None)).fetchone()
            equal(f"values bound ({style})", found, (text, -7, True, None))


def guide(connection, folder):
    """Runs the statements of the guide up to its clean-up and returns those of the clean-up."""
    with open(os.path.join(HERE, "guide.sql"), encoding="utf-8") as file:
        text = re.sub(r"^--.*\n", "", file.read(), flags=re.MULTILINE)
    text = text.replace("${PASSWORD}", secrets.token_urlsafe(16))
    statements = [part.strip() for part in re.split(r";$", text, flags=re.MULTILINE)]
    statements = [statement for statement in statements if statement]
    equal("the number of the guide's statements", len(statements), 62)
    for name, port, public in (("milvus", 19530, "false"), ("jupyter", 8888, "true")):
        with open(os.path.join(folder, f"{name}.yaml"), "w", encoding="utf-8") as file:
            file.write(SPEC.format(name=name, port=port, public=public))
    cursor = connection.cursor()
    end = statements.index("DROP USER milvus_user") - 1
    for statement in statements[:end]:
        if statement.startswith("CREATE SERVICE MILVUS"):
            repository = rows(cursor, "SHOW IMAGE REPOSITORIES")[0]["repository_url"]
            layout = checking.image(os.path.join(folder, "image"))
            names = ("milvus", "jupyter")
            checking.push(layout, repository, names, STATUS["user"], STATUS["password"], folder)
        if "GET_SERVICE_LOGS" in statement:
            until_ready(cursor)
        put = re.sub(r"\$\{path/to/(.*?)\}", rf"{folder}/\1", statement)
        done = cursor.execute(put).fetchall()
        if put.startswith("PUT"):
            equal(put, done[0][6], "UPLOADED")
        # The connection reflects the session's new role, database and schema.
        used = re.match(r"(?i)USE (ROLE|DATABASE|SCHEMA) (\w+)$", statement)
        if used:
            equal(statement, getattr(connection, used[1].lower()), used[2].upper())
    return statements[end:]


def until_ready(cursor):
    for service in ("MILVUS", "JUPYTER"):
        sql = f"SHOW SERVICE INSTANCES IN SERVICE MILVUS_DEMO.PUBLIC.{service}"
        checking.until(sql, lambda: [row["status"] for row in rows(cursor, sql)] == ["READY"])


def running(cursor):
    """Checks the listings of the guide's services and pools."""
    for sql, columns in COLUMNS.items():
        cursor.execute(sql)
        equal(sql, [column[0] for column in cursor.description], columns.split())
        described = cursor.describe(sql)
        equal(f"describe {sql}", [column[0] for column in described], columns.split())
    [endpoint] = rows(cursor, "SHOW ENDPOINTS IN SERVICE JUPYTER")
    host = f"-spcs-local.localhost:{STATUS['port']}"
    checking.until("an ingress URL", lambda: host in rows(
        cursor, "SHOW ENDPOINTS IN SERVICE JUPYTER")[0]["ingress_url"])
    equal("the endpoint", (endpoint["name"], endpoint["port"]), ("jupyter", 8888))
    pool = rows(cursor, "DESCRIBE COMPUTE POOL MILVUS_COMPUTE_POOL")[0]
    equal("types", [type(pool[key]) for key in ("min_nodes", "name")], [int, str])
    created = rows(cursor, "SHOW SERVICES")[0]["created_on"]
    equal("a moment has a time zone", created.tzinfo is not None, True)


def stage(cursor, folder):
    """Copies files to a stage and back."""
    local = os.path.join(folder, "milvus.yaml")
    with open(local, "rb") as file:
        written = file.read()
    for compress, name in ((False, "milvus.yaml"), (True, "milvus.yaml.gz")):
        put = f"PUT file://{local} @DATA/{name}.d/e AUTO_COMPRESS={compress} OVERWRITE=FALSE"
        [first] = rows(cursor, put)
        equal(put, (first["target"], first["status"]), (name, "UPLOADED"))
        [again] = rows(cursor, put)
        equal(f"{put}, again", (again["target"], again["status"]), (name, "SKIPPED"))
        [listed] = rows(cursor, f"LIST @DATA/{name}.d")
        equal("LIST", listed["name"], f"data/{name}.d/e/{name}")
        back = os.path.join(folder, f"back-{compress}")
        os.makedirs(back)
        get = f"GET @DATA/{name}.d/e/{name} file://{back}/"
        [got] = rows(cursor, get)
        equal(get, (got["file"].rsplit("/")[-1], got["status"]), (name, "DOWNLOADED"))
        opened = gzip.open if compress else open
        with opened(os.path.join(back, name), "rb") as file:
            equal(f"the bytes of {name}", file.read(), written)
    many = os.path.join(folder, "many")
    os.makedirs(many)
    for number in range(3):
        with open(os.path.join(many, f"{number}.txt"), "w", encoding="utf-8") as file:
            file.write(f"file {number}")
    put = f"PUT file://{many}/*.txt @DATA/many AUTO_COMPRESS=FALSE OVERWRITE=TRUE"
    equal(put, [row["status"] for row in rows(cursor, put)], ["UPLOADED"] * 3)
    listed = [(row["name"], row["size"]) for row in rows(cursor, "LIST @DATA/many")]
    equal("LIST of many", listed, [(f"data/many/{number}.txt", 6) for number in range(3)])
    back = os.path.join(folder, "back")
    os.makedirs(back)
    cursor.execute(f"GET @DATA/many file://{back}/")
    for number in range(3):
        with open(os.path.join(back, f"{number}.txt"), encoding="utf-8") as file:
            equal("the bytes of one of many", file.read(), f"file {number}")


def overwriting(cursor, folder):
    """PUT replaces a file only with OVERWRITE=TRUE, whatever the file's content."""
    local = os.path.join(folder, "over")
    os.makedirs(local)

    def write(**texts):
        for name, text in texts.items():
            with open(os.path.join(local, f"{name}.txt"), "w", encoding="utf-8") as file:
                file.write(text)

    def put(pattern, options=""):
        sql = f"PUT file://{local}/{pattern}.txt @DATA/over AUTO_COMPRESS=FALSE {options}"
        return [row["status"] for row in rows(cursor, sql)]

    def staged():
        back = tempfile.mkdtemp(dir=folder)
        cursor.execute(f"GET @DATA/over file://{back}/")
        texts = {}
        for name in sorted(os.listdir(back)):
            with open(os.path.join(back, name), encoding="utf-8") as file:
                texts[name[0]] = file.read()
        return texts

    write(a="one")
    equal("PUT", put("a"), ["UPLOADED"])
    write(a="other")
    equal("PUT of a changed file", (put("a"), staged()), (["SKIPPED"], {"a": "one"}))
    replaced = put("a", "OVERWRITE=TRUE"), staged()
    equal("PUT with OVERWRITE=TRUE", replaced, (["UPLOADED"], {"a": "other"}))
    write(a="third", b="new")
    if CLASSIC:
        # It does not say which files match, and has no status for one that the storage refuses.
        try:
            put("*")
        except errors.OperationalError as error:
            contains("PUT of several", str(error), "the file already exists, and PUT has no")
        else:
            raise SystemExit("PUT of several files, one of which exists: no error")
    else:
        equal("PUT of several", sorted(put("*")), ["SKIPPED", "UPLOADED"])
    equal("one of them was new", staged(), {"a": "other", "b": "new"})


def mistakes(cursor):
    # DESCRIBE is not checked: the error code of a real account is unknown.
    refused(cursor, "ALTER SERVICE NOT_THERE SUSPEND", 2003, "02000")
    refused(cursor, "DROP COMPUTE POOL NOT_THERE", 2003, "02000")
    refused(cursor, "CREATE IMAGE REPOSITORY MILVUS_REPO", 2002, "42710")
    refused(cursor, "CREATE SOMETHING", 1003, "42000")
    refused(cursor, "SELECT 'no end", 1003, "42000")
    cursor.execute("USE ROLE PUBLIC")
    refused(cursor, "CREATE DATABASE NOT_MINE", 3001, "42501")
    cursor.execute("USE ROLE SYSADMIN")


def in_background(connection):
    """Runs queries asynchronously."""
    cursor = connection.cursor()
    cursor.execute_async("SHOW COMPUTE POOLS")
    query = cursor.sfqid
    checking.until("the end of a query", lambda: not connection.is_still_running(
        connection.get_query_status_throw_if_error(query)))
    other = connection.cursor()
    other.get_results_from_sfqid(query)
    equal("an asynchronous query's rows", len(other.fetchall()), 2)
    cursor.execute_async("DROP SERVICE NOT_THERE")
    query = cursor.sfqid
    checking.until("the end of a query that fails", lambda: not connection.is_still_running(
        connection.get_query_status(query)))
    try:
        connection.get_query_status_throw_if_error(query)
    except errors.ProgrammingError:
        return
    raise SystemExit("a query that failed in the background: no error")


def renewed(connection):
    """Renews the session token with the master token. Only the classic one exposes it."""
    if not CLASSIC:
        return
    before = connection.rest.token
    connection.rest._renew_session()
    equal("a new session token", before != connection.rest.token, True)
    equal("in the same session", connection.cursor().execute(
        "SELECT CURRENT_ROLE()").fetchone(), ("SYSADMIN",))


def main():
    print("the connector", snowflake.connector.__version__)
    logins()
    variables()
    with tempfile.TemporaryDirectory() as folder, connect() as connection:
        clean_up = guide(connection, folder)
        with connection.cursor() as cursor:
            running(cursor)
            stage(cursor, folder)
            overwriting(cursor, folder)
            mistakes(cursor)
        in_background(connection)
        renewed(connection)
        with connection.cursor() as cursor:
            for statement in clean_up:
                cursor.execute(statement)
            equal("services after the clean-up", rows(cursor, "SHOW SERVICES IN ACCOUNT"), [])
    equal("closed", connection.is_closed(), True)


main()
