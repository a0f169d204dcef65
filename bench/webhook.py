"""What the pod identity webhook costs: beside a real API server, and by itself.

Run by `bench/webhook`; prints a table.
"""

import argparse
import base64
import contextlib
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.certificates import make_authority  # noqa: E402
from support.kubernetes import Cluster  # noqa: E402
from support.webhook import PREFIX, Webhook  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/app"
POD = {
    "metadata": {"generateName": "web-7d9f6b5c4-", "labels": {"app": "web", "pod-template-hash": "7d9f6b5c4"}},
    "spec": {
        "serviceAccountName": "app",
        "containers": [
            {"name": "web", "image": "registry.invalid/web:1", "ports": [{"containerPort": 8080}],
             "env": [{"name": f"SETTING_{number}", "value": "value"} for number in range(20)],
             "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
            {"name": "sidecar", "image": "registry.invalid/sidecar:1"},
        ],
    },
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=50_000, help="service accounts of the full cluster")
    options.add_argument("--requests", type=int, default=1_000, help="pods that are created through the API server")
    options.add_argument("--seconds", type=int, default=10, help="length of the load on the webhook alone")
    options = options.parse_args()
    os.environ["TOKIO_WORKER_THREADS"] = "1"
    with contextlib.ExitStack() as ends:
        directory = Path(tempfile.mkdtemp(prefix="dp-bench-", dir="/tmp"))
        ends.callback(shutil.rmtree, directory)
        cluster = Cluster(make_authority(directory))
        ends.callback(cluster.remove)
        cluster.start()
        namespace = cluster.namespace("bench")
        cluster.service_account(namespace, "app", {f"{PREFIX}/role-arn": ROLE})
        webhook = Webhook(cluster, "--events=false", certificates=cluster.authority,
                          environment={"TOKIO_WORKER_THREADS": "1", "DAYPASS_LOG": "info"})
        ends.callback(webhook.remove)
        webhook.start()
        empty = resident(webhook)
        alone(webhook, namespace, options.seconds)
        through(cluster, webhook, namespace, options.requests)
        effect(cluster, webhook, namespace)
        fill(cluster, options.accounts)
        row("resident memory, few service accounts", f"{empty:.0f} MiB")
        webhook.kill()
        start = time.monotonic()
        webhook.start()
        number = webhook.records(message="the service accounts are known")[-1]["number"]
        row(f"start to knowing {number:,} service accounts", f"{time.monotonic() - start:.2f} s")
        row("resident memory then", f"{resident(webhook):.0f} MiB")


def row(what: str, figure: str) -> None:
    print(f"{what:<58} {figure}", flush=True)


def resident(webhook: Webhook) -> float:
    status = Path(f"/proc/{webhook.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def alone(webhook: Webhook, namespace: str, seconds: int) -> None:
    """Load from the second core, the webhook on the first."""
    review = json.dumps({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {"uid": "0", "namespace": namespace, "operation": "CREATE", "object": POD},
    })
    script = webhook.home / "review.lua"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = {json.dumps(review)}\n"
    )
    subprocess.run(["taskset", "-a", "-c", "-p", "0", str(webhook.process.pid)], check=True, stdout=subprocess.DEVNULL)
    for connections in (1, 32):
        used = cpu(webhook)
        done = subprocess.run(
            ["taskset", "-c", "1", os.environ["WRK"], "--latency", "-t1", f"-c{connections}", f"-d{seconds}s",
             "-s", str(script), f"https://localhost:{webhook.port}/mutate"],
            check=True, capture_output=True, text=True,
        ).stdout
        assert "Non-2xx" not in done, done
        count = int(re.search(r"(\d+) requests in", done)[1])
        percentiles = dict(re.findall(r"^ +(50|99)% +(\S+)$", done, re.M))
        rate = float(re.search(r"Requests/sec: +(\S+)", done)[1])
        row(f"reviews by {connections} connection{'s' * (connections > 1)}: a second, on one core", f"{rate:,.0f}")
        row("    p50, p99", f"{percentiles['50']}, {percentiles['99']}")
        row("    CPU a review", f"{(cpu(webhook) - used) / count * 1e6:.0f} µs")
    allowed = f"0-{os.cpu_count() - 1}"
    subprocess.run(
        ["taskset", "-a", "-c", "-p", allowed, str(webhook.process.pid)], check=True, stdout=subprocess.DEVNULL
    )


def cpu(webhook: Webhook) -> float:
    """Seconds of CPU so far."""
    fields = Path(f"/proc/{webhook.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def through(cluster: Cluster, webhook: Webhook, namespace: str, requests: int) -> None:
    """Pods through the API server over one connection, by turns without the webhook and with it."""
    taken = {"without": [], "with": []}
    for _ in range(4):
        for how, times in taken.items():
            if how == "with":
                webhook.install(namespace)
                webhook.in_force(namespace)
            times += creations(cluster, namespace, requests // 4)
            if how == "with":
                cluster.kubectl("delete", "mutatingwebhookconfiguration", "--all")
                gone(cluster, webhook, namespace)
    for how, times in taken.items():
        hundredths = statistics.quantiles(times, n=100)
        row(f"a pod through the API server, {how} the webhook: p50, p99",
            f"{statistics.median(times) * 1e3:.2f} ms, {hundredths[98] * 1e3:.2f} ms")


def gone(cluster: Cluster, webhook: Webhook, namespace: str) -> None:
    """Waits until the API server asks no more."""
    def asked() -> float:
        return webhook.metric("http_request_count", code="200", path="/mutate", verb="POST")

    def quiet() -> bool:
        before = asked()
        creations(cluster, namespace, 1)
        return asked() == before

    webhook.until(quiet)


def creations(cluster: Cluster, namespace: str, number: int) -> list[float]:
    """How long each of some dry-run creations took."""
    body, times = json.dumps(POD), []
    with contextlib.closing(cluster._connect(as_administrator=True)) as connection:
        for _ in range(number):
            start = time.perf_counter()
            connection.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", body,
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - start)
            assert answer.status == 201, answer.status
    return times


def effect(cluster: Cluster, webhook: Webhook, namespace: str) -> None:
    """From the answer to a changed annotation to the first review that has it."""
    times = []
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/app"
    for number in range(50):
        role = f"{ROLE}-{number}"
        account = cluster.request("GET", path)
        account["metadata"]["annotations"][f"{PREFIX}/role-arn"] = role
        cluster.request("PUT", path, account)
        start = time.perf_counter()
        while role.encode() not in base64.b64decode(webhook.review(POD, namespace)["patch"]):
            pass
        times.append(time.perf_counter() - start)
    row("from a changed annotation to its effect: median, longest",
        f"{statistics.median(times) * 1e3:.1f} ms, {max(times) * 1e3:.1f} ms")


def fill(cluster: Cluster, number: int) -> None:
    """Service accounts in namespaces of a thousand, each with a role."""
    # Each account would be given a token of its own, which takes longer than all else.
    cluster._end("kube-controller-manager")
    spaces = range((number + 999) // 1000)
    for space in spaces:
        cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": f"full-{space}"}})
    numbers, lock = iter(range(number)), threading.Lock()

    def make() -> None:
        with contextlib.closing(cluster._connect(as_administrator=True)) as connection:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                body = {"metadata": {"name": f"account-{number}", "annotations": {
                    f"{PREFIX}/role-arn": f"{ROLE}-{number}",
                }}}
                connection.request("POST", f"/api/v1/namespaces/full-{number // 1000}/serviceaccounts",
                                   json.dumps(body), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 201, answer.status

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
