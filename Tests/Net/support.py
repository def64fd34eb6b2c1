"""What the tests share: a home of their own, daemons, and looking at what they left behind."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ["RBEE_TEST_BIN"])
WAIT = 60


def wait_for(what, condition, limit=WAIT):
    """Waits until the condition is true and gives what it gave."""
    end = time.monotonic() + limit
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {limit} s")
        time.sleep(0.01)


class Home:
    """An RBEE_HOME that serves a random model with real llama.cpp under the name `tiny`."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="rbee-net-", dir="/tmp"))
        self.gguf = self.path / "tiny.gguf"
        self.daemons = []
        self.run([sys.executable, HERE / "write_gguf.py", self.gguf])
        (self.path / "config.yaml").write_text(
            "models:\n"
            "  tiny:\n"
            f"    command: ['{sys.executable}', '{HERE}/llama_server.py', '${{MODEL}}', '${{PORT}}']\n"
            f"    model: {self.gguf}\n"
            "  broken:\n"
            f"    command: ['{sys.executable}', '{HERE}/llama_server.py', '${{MODEL}}', '${{PORT}}']\n"
            f"    model: {self.path}/no-such-model.gguf\n"
            "queen.port: 0\n"
            "hive.port: 0\n"
        )

    def environment(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RBEE_")}
        return environment | {"RBEE_HOME": str(self.path), "RBEE_BIN_DIR": str(BIN)}

    def run(self, command, **options):
        """Runs a command to its end; its output is part of the error if it fails."""
        done = subprocess.run([str(word) for word in command], env=self.environment(), text=True, capture_output=True, timeout=300, **options)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def keeper(self, *words):
        return self.run([BIN / "rbee-keeper", *words])

    def client(self, base_url, model, *options):
        """Every check of openai_client.py; what it prints is part of the error if one fails."""
        return self.run([sys.executable, HERE / "openai_client.py", f"{base_url}/v1", "--model", model, *options])

    def start_worker(self, instance, model):
        """Starts a worker by hand."""
        error = open(self.path / f"{instance}.err", "w+")
        process = subprocess.Popen(
            [BIN / "rbee-worker", "--instance", instance, "--model", model, "--port", "0", "--ttl", "0"],
            env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=error)
        worker = Worker(self, instance, process, error)
        self.daemons.append(worker)
        return worker

    def remove(self):
        for daemon in self.daemons:
            daemon.kill()
        shutil.rmtree(self.path, ignore_errors=True)


class Worker:
    def __init__(self, home, instance, process, error):
        self.home = home
        self.instance = instance
        self.process = process
        self.error = error

    def record(self):
        try:
            return json.loads((self.home.path / "run" / "worker" / f"{self.instance}.json").read_text())
        except FileNotFoundError:
            return None

    def said(self):
        self.error.flush()
        return pathlib.Path(self.error.name).read_text()

    def ready(self):
        """Waits until it is ready and gives its base URL."""

        def look():
            if self.process.poll() is not None:
                raise AssertionError(f"the worker exited with {self.process.returncode}: {self.said()}")
            record = self.record()
            return record if record and record["state"] == "ready" else None

        return wait_for("ready", look)["base_url"]

    def ended(self):
        """Waits until it has ended and gives its exit status."""
        return self.process.wait(timeout=WAIT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=WAIT)
        self.error.close()


def processes_naming(text):
    """The processes that have a text on their command line, except this one."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if str(text).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def kill(pid):
    os.kill(pid, signal.SIGKILL)
