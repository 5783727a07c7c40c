"""Enter wheels into Pyodide's list of packages: ``python lock.py FOLDER``.

FOLDER has Pyodide's runtime, its ``pyodide-lock.json``, and wheels of pure Python. What the list
names is loaded when a cell imports it, so a lesson needs no line that installs anything. A package
that is not in FOLDER is named by its address at Pyodide's own host.

(The library pyodide-lock does the same from Python 3.12 on; lmmlab begins at 3.11.)
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pkginfo import Wheel

HOST = "https://cdn.jsdelivr.net/pyodide/v{}/full/"
BROWSER = {
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "platform_machine": "wasm32",
    "os_name": "posix",
    "python_version": "3.14",
    "python_full_version": "3.14.2",
    "extra": "",
}


def entry(wheel: Path) -> dict[str, object]:
    """Describe a wheel as the list does."""
    about = Wheel(str(wheel))
    needs = [Requirement(text) for text in about.requires_dist]
    modules = [PurePosixPath(name) for name in zipfile.ZipFile(wheel).namelist()]
    return {
        "name": canonicalize_name(about.name),
        "version": about.version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted({name.parts[0].removesuffix(".py") for name in modules
                           if name.suffix == ".py"}),
        "depends": sorted({canonicalize_name(need.name) for need in needs
                           if need.marker is None or need.marker.evaluate(BROWSER)}),
        "unvendored_tests": False,
    }  # fmt: skip


def lock(folder: Path) -> None:
    """Rewrite the list in `folder`."""
    path = folder / "pyodide-lock.json"
    listed = json.loads(path.read_text("utf-8"))
    packages = listed["packages"]
    for wheel in sorted(folder.glob("*.whl")):
        described = entry(wheel)
        packages[described["name"]] = described
    version = json.loads((folder / "package.json").read_text("utf-8"))["version"]
    for package in packages.values():
        missing = {canonicalize_name(name) for name in package["depends"]} - packages.keys()
        if missing:
            raise SystemExit(f"{package['name']} needs {', '.join(missing)}: see wheels.txt.")
        if not (folder / package["file_name"]).exists():
            package["file_name"] = HOST.format(version) + package["file_name"]
    path.write_text(json.dumps(listed, indent=1), "utf-8")


if __name__ == "__main__":
    lock(Path(sys.argv[1]))
