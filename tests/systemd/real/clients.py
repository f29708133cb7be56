"""Drives Juniper's own Python clients through one fixed session and tells, a line for each call,
what came back: `clients.py data|cascor URL` asks a server, `clients.py data|cascor fake` asks the
client's own testing fake. It compares nothing and knows nothing of who answers."""

import importlib.metadata
import io
import json
import logging
import sys
import time
import zipfile

import numpy

logging.disable(logging.CRITICAL)


def shape(value):
    """The form of a value without what is in it; of a list, what its items have in common."""
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, numpy.ndarray):
        return f"{value.dtype} with {value.ndim} dimensions"
    if isinstance(value, dict):
        return {str(key): shape(inner) for key, inner in sorted(value.items())}
    items = [shape(inner) for inner in value]
    return {"[]": merged(items)} if items else {}


def merged(forms):
    """One form for several: the types of a place, and the keys of objects together."""
    if all(isinstance(form, dict) for form in forms):
        keys = sorted({key for form in forms for key in form})
        return {key: merged([form[key] for form in forms if key in form]) for key in keys}
    return " or ".join(sorted({form if isinstance(form, str) else "object" for form in forms}))


def told(value):
    """What is compared of an answer: the value of one that is plain, the form of any other."""
    return json.dumps(value) if isinstance(value, (bool, str)) else shape(value)


class Session:
    """Calls, and a line for each."""

    def __init__(self, client, raw):
        self.client, self.raw = client, raw

    def call(self, title, function, /, *arguments, **named):
        """Calls, tells, and hands on what came back, or nothing."""
        try:
            value = function(*arguments, **named)
        except Exception as error:  # noqa: BLE001: whatever it is, it is what the caller meets
            status = getattr(error, "status_code", None)
            line = {"call": title, "raises": type(error).__name__, "status": status}
            if self.raw:
                line["message"] = str(error)
            print(json.dumps(line), flush=True)
            return None
        line = {"call": title, "shape": told(value)}
        if self.raw:
            line["value"] = value if isinstance(value, (dict, list, str, int, float, bool, type(None))) else str(value)
        print(json.dumps(line, default=str), flush=True)
        return value


def data(address, raw):
    """Datasets from the first list of generators to the last deletion."""
    from juniper_data_client import JuniperDataClient, validate_npz_contract
    from juniper_data_client.testing import FakeDataClient

    client = FakeDataClient() if address == "fake" else JuniperDataClient(address, retries=0)
    call = Session(client, raw).call
    call("health_check", client.health_check)
    call("is_ready", client.is_ready)
    call("wait_for_ready", client.wait_for_ready, timeout=5)
    call("list_generators", lambda: [{**entry, "schema": entry.get("schema") and {}} for entry in client.list_generators()])
    call("list_generators: names", lambda: ", ".join(entry["name"] for entry in client.list_generators()))
    for generator in ["spiral", "xor", "circles", "moon"]:
        call(f"get_generator_schema({generator})", client.get_generator_schema, generator)
    call("get_generator_schema(unknown)", client.get_generator_schema, "nonesuch")
    wanted = {"n_spirals": 2, "n_points_per_spiral": 50, "noise": 0.05, "seed": 42}
    made = call("create_dataset", client.create_dataset, "spiral", wanted)
    again = call("create_dataset(again)", client.create_dataset, "spiral", wanted)
    call("create_dataset(again): same id", lambda: made["dataset_id"] == again["dataset_id"])
    call("create_spiral_dataset", client.create_spiral_dataset, n_spirals=3, seed=1)
    for generator in ["xor", "circles", "moon"]:
        other = call(f"create_dataset({generator})", client.create_dataset, generator, {"seed": 3})
        if other:
            arrays = client.download_artifact_npz(other["dataset_id"])
            call(f"validate_npz_contract({generator})", validate_npz_contract, arrays)
            call(f"arrays({generator})", lambda: ", ".join(sorted(f"{key} {array.dtype} {array.shape}" for key, array in arrays.items())))
    call("create_dataset(unknown generator)", client.create_dataset, "nonesuch", {})
    call("create_dataset(bad parameter)", client.create_dataset, "spiral", {"n_spirals": -1})
    named = {"name": "trial", "description": "a trial", "created_by": "somebody", "tags": ["one"], "ttl_seconds": 600}
    call("create_dataset(named)", client.create_dataset, "xor", {"seed": 1}, **named)
    call("create_dataset(named, second)", client.create_dataset, "xor", {"seed": 2}, **named)
    call("list_versions", client.list_versions, "trial")
    call("list_versions(unknown)", client.list_versions, "nonesuch")
    call("get_latest", client.get_latest, "trial")
    call("get_latest(unknown)", client.get_latest, "nonesuch")
    call("list_datasets", client.list_datasets)
    call("list_datasets(limit=1): one", lambda: len(client.list_datasets(limit=1)) == 1)
    id_ = made["dataset_id"]
    call("get_dataset_metadata", client.get_dataset_metadata, id_)
    call("get_dataset_metadata(unknown)", client.get_dataset_metadata, "nonesuch")
    call("download_artifact_bytes", lambda: client.download_artifact_bytes(id_)[:2] == b"PK")
    call("download_artifact_npz", client.download_artifact_npz, id_)
    call("download_artifact_npz(unknown)", client.download_artifact_npz, "nonesuch")
    call("get_preview", client.get_preview, id_, n=3)
    call("get_preview(unknown)", client.get_preview, "nonesuch")
    both = [{"generator": "xor", "params": {"seed": 7}}, {"generator": "nonesuch", "params": {}}]
    batch = call("batch_create", client.batch_create, both)
    ids = [item["dataset_id"] for item in batch["results"] if item["success"]] if batch else []
    call("batch_update_tags", client.batch_update_tags, [*ids, "nonesuch"], add_tags=["b", "a"], remove_tags=["c"])
    call("batch_export: members", lambda: len(zipfile.ZipFile(io.BytesIO(client.batch_export([id_, *ids]))).namelist()) == 2)
    call("batch_export(unknown)", client.batch_export, ["nonesuch"])
    call("batch_delete", client.batch_delete, [*ids, "nonesuch"])
    call("delete_dataset", client.delete_dataset, id_)
    call("delete_dataset(again)", client.delete_dataset, id_)
    call("close", client.close)


def completes(client, address):
    """Whether the run ends by itself; a fake's is ended."""
    if address == "fake":
        client.set_state("COMPLETED")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if client.get_training_status()["data"]["state_machine"]["status"] == "COMPLETED":
            return True
        time.sleep(0.05)
    return False


def cascor(address, raw):
    """A network from its creation over a run that is paused and stopped to its deletion."""
    from juniper_cascor_client import JuniperCascorClient
    from juniper_cascor_client.testing import FakeCascorClient

    client = FakeCascorClient() if address == "fake" else JuniperCascorClient(address, retries=0)
    call = Session(client, raw).call
    call("health_check", client.health_check)
    call("is_alive", client.is_alive)
    call("is_ready(no network)", client.is_ready)
    for name in ["get_network", "get_topology", "get_statistics", "get_training_params", "get_metrics", "get_metrics_history",
                 "get_dataset", "get_dataset_data", "get_decision_boundary", "delete_network", "save_snapshot",
                 "stop_training", "pause_training", "resume_training"]:
        call(f"{name}(no network)", getattr(client, name))
    call("start_training(nothing to train on)", client.start_training)
    call("get_training_status(no network)", client.get_training_status)
    call("create_network", client.create_network, input_size=2, output_size=2, learning_rate=0.01, max_hidden_units=5,
         candidate_pool_size=4, candidate_epochs=50, output_epochs=50)
    call("create_network(again)", client.create_network, input_size=2, output_size=2, learning_rate=0.01)
    call("create_network(bad parameter)", client.create_network, input_size=-1, output_size=2, learning_rate=0.01)
    call("is_ready", client.is_ready)
    call("get_network", client.get_network)
    call("get_topology", client.get_topology)
    call("get_statistics", client.get_statistics)
    call("get_training_params", client.get_training_params)
    call("update_params", client.update_params, {"learning_rate": 0.02})
    call("update_params(bad parameter)", client.update_params, {"learning_rate": -1})
    call("stage_dataset", client._request, "POST", "/training/dataset", json={"dataset_type": "spirals", "n_spirals": 2})
    call("stage_dataset(unknown)", client._request, "POST", "/training/dataset", json={"dataset_type": "nonesuch"})
    call("get_pending_dataset", client._request, "GET", "/training/dataset/pending")
    call("discard_dataset", client._request, "DELETE", "/training/dataset")
    # How far a run is while it goes on depends on the computer: metrics are asked for when it is over.
    points = [[x / 10, y / 10] for x in range(10) for y in range(10)]
    inline = {"train_x": points, "train_y": [[float(x * y > 0.2), float(x * y <= 0.2)] for x, y in points]}
    call("create_network(small)", client.create_network, input_size=2, output_size=2, learning_rate=0.01, max_hidden_units=1,
         candidate_pool_size=2, candidate_epochs=5, output_epochs=5, max_iterations=1)
    call("start_training(short)", client.start_training, inline_data=inline)
    call("it completes", completes, client, address)
    for name in ["get_training_status", "get_metrics", "get_metrics_history", "get_topology", "get_statistics", "get_decision_boundary"]:
        call(f"{name}(completed)", getattr(client, name))
    call("reset_training(completed)", client.reset_training)
    call("delete_network(completed)", client.delete_network)
    call("create_network(large)", client.create_network, input_size=2, output_size=2, learning_rate=0.01, max_hidden_units=5,
         candidate_pool_size=4, candidate_epochs=50, output_epochs=50)
    call("start_training", client.start_training, inline_data=inline, epochs=300)
    call("start_training(again)", client.start_training, inline_data=inline)
    call("get_training_status", client.get_training_status)
    call("delete_network(training)", client.delete_network)
    call("get_dataset", client.get_dataset)
    call("get_dataset_data", client.get_dataset_data)
    call("get_decision_boundary", client.get_decision_boundary, 5)
    call("pause_training", client.pause_training)
    call("pause_training(again)", client.pause_training)
    call("get_training_status(paused)", client.get_training_status)
    call("resume_training", client.resume_training)
    call("stop_training", client.stop_training)
    call("get_training_status(stopped)", client.get_training_status)
    saved = call("save_snapshot", client.save_snapshot, "a trial")
    call("list_snapshots", client.list_snapshots)
    snapshot = ((saved or {}).get("data") or {}).get("snapshot_id") or ((saved or {}).get("data") or {}).get("id") or "nonesuch"
    call("get_snapshot", client.get_snapshot, snapshot)
    call("get_snapshot(unknown)", client.get_snapshot, "nonesuch")
    call("load_snapshot(unknown)", client.load_snapshot, "nonesuch")
    call("list_workers", client.list_workers)
    call("get_worker_stats", client.get_worker_stats)
    call("get_worker(unknown)", client.get_worker, "nonesuch")
    call("reset_training", client.reset_training)
    call("load_snapshot", client.load_snapshot, snapshot)
    call("get_training_status(restored)", client.get_training_status)
    call("delete_network", client.delete_network)
    call("close", client.close)


service, address = sys.argv[1], sys.argv[2]
raw = "--raw" in sys.argv
package = f"juniper-{service}-client"
print(json.dumps({"client": package, "version": importlib.metadata.version(package)}))
{"data": data, "cascor": cascor}[service](address, raw)
