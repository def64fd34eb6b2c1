#!/usr/bin/env python3
"""Serves a GGUF with real llama.cpp (PyPI's xllamacpp) over OpenAI-compatible HTTP.

    llama_server.py MODEL.gguf PORT

It is what a `command` engine starts. llama.cpp's own server does all the work; this only tells
it the model and the port and then waits for its end.
"""

import signal
import sys

import xllamacpp


def main():
    model, port = sys.argv[1], int(sys.argv[2])
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 512
    params.n_parallel = 2
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 2
    params.warmup = False
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        # llama.cpp has said why; these are the last words that whoever started it tells.
        sys.exit(f"llama.cpp does not serve {model}: {error}")
    print(f"serving {model} at {server.listening_address}", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
