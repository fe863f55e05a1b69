"""Unpacks the Milvus server from its wheel into bin, lib and configs, as in the official image.

usage: unpack.py SOURCE TARGET
SOURCE contains wheels/milvus-*.whl, glog.conf and embedEtcd.yaml.
"""

import lzma
import re
import shutil
import sys
import zipfile
from pathlib import Path

# Milvus writes only below /var/lib/milvus, where the service mounts its volume.
# Logs go to stdout: a log file would need a folder on that volume before the first start.
SETTINGS = {
    "etcd_data_dir": "/var/lib/milvus/etcd",
    "local_storage_dir": "/var/lib/milvus/data/",
    "rocksmq_data_dir": "/var/lib/milvus/rdb_data",
    "system_log_path": '""',
}
# `{{ name }}`, `{{ name: default }}` or `{{ name(type): default }}`.
PLACEHOLDER = re.compile(r"\{\{ *(\w+)(?:\(\w+\))?(?:: *(.*?))? *\}\}")


def render(template: str) -> str:
    """Fills in the wheel's configuration template. A name without a value is an error."""

    def value(match: re.Match) -> str:
        name, default = match.groups()
        if name in SETTINGS:
            return SETTINGS[name]
        if default is None:
            sys.exit(f"unpack.py: no value for `{name}` of the template")
        return default

    return PLACEHOLDER.sub(value, template)


def main(source: Path, target: Path) -> None:
    """Unpacks the wheel in `source` into `target`."""
    (wheel,) = (source / "wheels").glob("milvus-*.whl")
    for folder in ("bin", "lib", "configs"):
        (target / folder).mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith(".lzma"):
                continue
            file = Path(name).name.removesuffix(".lzma")
            path = target / ("lib" if ".so" in file else "bin") / file
            path.write_bytes(lzma.decompress(archive.read(name)))
            path.chmod(0o755)
        template = archive.read("milvus/data/config.yaml.template").decode()
    (target / "configs/milvus.yaml").write_text(render(template))
    for name in ("glog.conf", "embedEtcd.yaml"):
        shutil.copy(source / name, target / "configs" / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
