"""Shared by the scripts in this folder: the platform's status, checks and a small image."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time

STATUS = json.load(open(sys.argv[1], encoding="utf-8"))
"""The output of `cargo xtask local status --format json`."""

HERE = os.path.dirname(os.path.abspath(__file__))


def equal(what, found, expected):
    if found != expected:
        sys.exit(f"{what}:\n  expected {expected!r}\n  found    {found!r}")


def contains(what, text, expected):
    if expected not in text:
        sys.exit(f"{what}:\n  no {expected!r} in\n{text}")


def until(what, condition):
    """Waits up to 30 s for a condition that the platform reaches in the background."""
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what}: not within 30 s")
        time.sleep(0.1)


def image(folder):
    """Writes an OCI layout of one layer with one file. The fake runtime needs no more."""
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    def document(value, kind):
        return blob(json.dumps(value).encode(), kind)

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("hello"), io.BytesIO())
    tar = packed.getvalue()
    oci = "application/vnd.oci.image"
    layer = blob(gzip.compress(tar, mtime=0), f"{oci}.layer.v1.tar+gzip")
    diff_ids = ["sha256:" + hashlib.sha256(tar).hexdigest()]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/hello"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{oci}.manifest.v1+json",
        "config": document(config, f"{oci}.config.v1+json"),
        "layers": [layer],
    }
    index = {"schemaVersion": 2, "manifests": [document(manifest, manifest["mediaType"])]}
    for name, value in {"index.json": index, "oci-layout": {"imageLayoutVersion": "1.0.0"}}.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
    return folder


def skopeo(*arguments, stdin=None):
    """Runs skopeo and returns its stdout."""
    command = ["skopeo", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def push(layout, repository, names, user, password, folder):
    """Pushes an image under several names. `repository` is a `repository_url` of the platform."""
    logins = os.path.join(folder, "auth.json")
    registry = repository.split("/")[0]
    login = ["login", f"--authfile={logins}", "--tls-verify=false"]
    skopeo(*login, f"--username={user}", "--password-stdin", registry, stdin=password)
    for name in names:
        to = f"docker://{repository}/{name}"
        copy = ["copy", "--quiet", "--dest-tls-verify=false", f"--dest-authfile={logins}"]
        skopeo(*copy, f"oci:{layout}", to)
        inspected = ["inspect", "--tls-verify=false", f"--authfile={logins}"]
        found = json.loads(skopeo(*inspected, to))
        with open(os.path.join(layout, "index.json"), encoding="utf-8") as file:
            digest = json.load(file)["manifests"][0]["digest"]
        equal(f"skopeo inspect {to}", found["Digest"], digest)
