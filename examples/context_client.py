#!/usr/bin/env python3
"""Talks to rbee's context daemon: context_client.py SOCKET PROJECT. Needs msgpack from PyPI, or Debian's python3-msgpack."""
import socket
import struct
import sys

import msgpack


class ContextClient:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def ask(self, action, **fields):
        body = msgpack.packb({"action": action, **fields})
        self.socket.sendall(struct.pack("<I", len(body)) + body)
        (length,) = struct.unpack("<I", self.socket.recv(4, socket.MSG_WAITALL))
        return msgpack.unpackb(self.socket.recv(length, socket.MSG_WAITALL))


if __name__ == "__main__":
    client, project = ContextClient(sys.argv[1]), sys.argv[2]
    experience = {"agent_id": "example", "decision": "keep it small", "files_touched": [], "timestamp": 1700000000}
    for action, fields in [
        ("ping", {}), ("check_init", {"cwd": project}), ("init_project", {"cwd": project, "async_mode": False}),
        ("prepare_context", {"cwd": project, "prompt": "a prompt"}),
        ("notify_file_change", {"cwd": project, "path": "main.c", "change_type": "modified"}),
        ("graft_experience", {"cwd": project, "experience": experience}),
        ("get_context", {"cwd": project, "prompt": "a prompt"}), ("status", {}), ("shutdown", {}),
    ]:
        print(action, client.ask(action, **fields))
