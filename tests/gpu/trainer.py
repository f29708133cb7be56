"""A service that works with torch, and tells what it finds in its sandbox.

    trainer.py --serve PORT          answers the health endpoints, and does what it is asked by POST
    trainer.py --once WHAT           does one of them, prints a JSON object and leaves

WHAT: `see` (which GPUs, which nodes can be opened, a product of matrices), `compile` (torch.compile, which has Triton
and a C compiler make a kernel), `jit` (the driver compiles one itself), `load` (a DataLoader with processes of its own
and pinned memory), `time` (the moment at which the first result came from the GPU), `count` and `name` (questions alone).
"""

import glob
import http.server
import json
import os
import sys
import threading
import time
import traceback

STATE = {"status": "Stopped"}


def nodes():
    """Return what comes of opening each node of the driver."""
    found = sorted(glob.glob("/dev/nvidia*") + glob.glob("/dev/nvidia-caps/*"))
    told = {}
    for path in found:
        if os.path.isdir(path):
            continue
        # Some nodes may only be read by others than root.
        for way in os.O_RDWR, os.O_RDONLY:
            try:
                os.close(os.open(path, way))
                told[path] = "opened"
                break
            except OSError as error:
                told[path] = error.strerror
    return told


def see():
    """Return what torch finds, with a product of matrices that is held against the processor's."""
    import torch

    told = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "available": torch.cuda.is_available(),
        "count": torch.cuda.device_count(),
        "nodes": nodes(),
    }
    if not told["available"]:
        return told
    properties = [torch.cuda.get_device_properties(number) for number in range(told["count"])]
    told["names"] = [one.name for one in properties]
    told["uuids"] = [str(one.uuid) for one in properties]
    left, right = torch.rand(512, 512), torch.rand(512, 512)
    product = (left.cuda() @ right.cuda()).cpu()
    told["error"] = float((product - left @ right).norm() / product.norm())
    told["right"] = told["error"] < 1e-2
    return told


def compile_kernel():
    """Return how long torch.compile took on a small function, and whether its result is right."""
    import torch

    def wanted(x):
        return torch.sin(x) * 2 + x.relu().sum(dim=1, keepdim=True)

    begun = time.monotonic()
    values = torch.rand(300, 200, device="cuda")
    came = torch.compile(wanted)(values)
    right = bool(torch.allclose(came, wanted(values), rtol=1e-4, atol=1e-4))
    return {"right": right, "seconds": round(time.monotonic() - begun, 2)}


PTX = b""".version 7.0
.target sm_70
.address_size 64
.visible .entry one(.param .u64 where) {
    .reg .b64 %rd<3>;
    .reg .b32 %r<2>;
    ld.param.u64 %rd1, [where];
    cvta.to.global.u64 %rd2, %rd1;
    mov.u32 %r1, 1;
    st.global.u32 [%rd2], %r1;
    ret;
}
"""


def jit():
    """Return where the driver keeps what it compiled itself."""
    import ctypes

    cuda = ctypes.CDLL("libcuda.so.1")
    device, context, module = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_void_p()
    answers = [
        cuda.cuInit(0),
        cuda.cuDeviceGet(ctypes.byref(device), 0),
        cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), device),
        cuda.cuCtxSetCurrent(context),
        cuda.cuModuleLoadData(ctypes.byref(module), PTX),
    ]
    kept = os.environ.get("CUDA_CACHE_PATH", "")
    files = [os.path.join(at, name) for at, _, names in os.walk(kept) for name in names]
    return {"right": not any(answers), "answers": answers, "kept": files}


def load():
    """Return what came through processes of a DataLoader and pinned memory."""
    import torch

    data = torch.utils.data.TensorDataset(torch.arange(1000, dtype=torch.float32))
    batches = torch.utils.data.DataLoader(data, batch_size=100, num_workers=2, pin_memory=True)
    total = sum(float(batch[0].cuda(non_blocking=True).sum()) for batch in batches)
    return {"right": total == 499500.0}


def count():
    """Ask how many GPUs there are, as many a program does that then works on the processor."""
    import torch

    return {"right": torch.cuda.is_available(), "count": torch.cuda.device_count()}


def name():
    """Ask what the GPU is called."""
    import torch

    return {"right": True, "name": torch.cuda.get_device_name(0)}


def first():
    """Return the moment of the first result, by the clock that only goes forward."""
    import torch

    torch.ones(1, device="cuda").item()
    return {"at": time.clock_gettime(time.CLOCK_MONOTONIC), "right": True}


def train(device):
    """Work for ten minutes at most; the readiness body says so meanwhile."""
    import torch

    STATE["status"] = "Started"
    try:
        values = torch.rand(500, 500, device=device)
        end = time.monotonic() + 600
        while time.monotonic() < end and STATE["status"] == "Started":
            values = torch.tanh(values @ values)
            values.sum().item()
            time.sleep(0.05)
    except Exception:
        STATE["status"] = traceback.format_exc()


DEEDS = {"see": see, "compile": compile_kernel, "jit": jit, "load": load, "time": first, "count": count, "name": name}


def done(what):
    """Return what came of it, the fault included."""
    try:
        return DEEDS[what]()
    except Exception as error:
        return {"right": False, "fault": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}


class Answers(http.server.BaseHTTPRequestHandler):
    """The health endpoints, and the deeds by POST."""

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer({"status": "ready", "service": "trainer", "details": {"training_state": STATE}})

    def do_POST(self):
        what = self.path.strip("/")
        if what.startswith("train/"):
            threading.Thread(target=train, args=(what[len("train/"):],), daemon=True).start()
            self.answer({})
        elif what == "stop":
            STATE["status"] = "Stopped"
            self.answer({})
        else:
            self.answer(done(what))

    def log_message(self, *arguments):
        pass


def main():
    if sys.argv[1] == "--once":
        print(json.dumps(done(sys.argv[2]), indent=1))
        return
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Answers).serve_forever()


if __name__ == "__main__":
    main()
