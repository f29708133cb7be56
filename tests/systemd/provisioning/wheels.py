"""Makes the wheels and lock files of the trials: wheels.py DIR. Small, so that an environment takes seconds."""

import hashlib
import pathlib
import sys
import zipfile

OUT = pathlib.Path(sys.argv[1])

# Answers as the dataset service does; /late imports only when it is asked, as large libraries do.
SERVICE = """
import http.server, json, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/late":
            import juniper_data.late
            body = juniper_data.late.VERSION
        else:
            body = json.dumps({"status": "ready" if self.path.endswith("ready") else "alive"})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass

address = (os.environ["JUNIPER_DATA_HOST"], int(os.environ["JUNIPER_DATA_PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""

# Runs whenever an interpreter of the environment starts: tells as whom, where that can be told.
WHO = "import os; os.path.isdir('/srv/who') and os.access('/srv/who', os.W_OK) and open(f'/srv/who/{os.getuid()}', 'w').close()\n"


def wheel(name, version, files):
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: trial\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    path = OUT / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, text in files.items():
            archive.writestr(place, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def lock(name, version, requirements, installed=1_000_000):
    place = OUT / name
    place.mkdir()
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    header = (
        f"# juniperctl-lock: 1\n# service: data\n# version: {version}\n# torch: none\n# python: {python}\n"
        f"# import: juniper_data\n# directory: conf/layouts\n# download: x86_64 1000\n# installed: {installed}\n"
    )
    (place / "data.txt").write_text(header + requirements)


def service(version, **more):
    files = {
        "juniper_data/__init__.py": "",
        "juniper_data/__main__.py": SERVICE,
        "juniper_data/late.py": f"VERSION = {version!r}\n",
        "who.pth": WHO,
    }
    return wheel("juniper-data", version, files | more)


OUT.mkdir(parents=True)
helper = wheel("trial-helper", "1.0", {f"trial_helper_{number}.py": f"N = {number}\n" for number in range(100)})
one, two = service("1.0"), service("2.0")
lock("1.0", "1.0", helper + one)
lock("2.0", "2.0", helper + two)
lock("large", "2.0", helper + two, installed=10**13)
# Larger than its lock file says: the disk is full while it is unpacked.
lock("larger", "3.0", helper + service("3.0", **{"juniper_data/zeros.bin": "0" * 120_000_000}))
lock("wrong-hash", "2.0", helper + two.replace("sha256:", "sha256:")[:-5] + "0000\n")
lock("missing", "2.0", helper + two + "trial-absent==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")
lock("broken", "4.0", helper + service("4.0", **{"juniper_data/__init__.py": "import trial_absent\n"}))
