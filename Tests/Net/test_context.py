"""The context daemon and the client in Python that users are given."""

import ast
import pathlib
import sys
import unittest

from support import HERE, Home

EXAMPLE = HERE.parent.parent / "examples" / "context_client.py"
ACTIONS = [
    "ping", "check_init", "init_project", "prepare_context", "notify_file_change", "graft_experience", "get_context", "status", "shutdown",
]


class ContextTests(unittest.TestCase):
    def test_the_example_does_every_request(self):
        home = Home()
        self.addCleanup(home.remove)
        project = pathlib.Path(home.path) / "project"
        project.mkdir()
        (project / "main.c").write_text("int main(void) { return 0; }\n")
        home.keeper("context", "start")
        self.addCleanup(home.keeper, "context", "stop")
        told = home.run([sys.executable, EXAMPLE, home.path / "run/context/default.ipc.sock", project])
        answers = {action: ast.literal_eval(answer) for action, answer in (line.split(" ", 1) for line in told.splitlines())}
        self.assertEqual(list(answers), ACTIONS)
        for action in ("prepare_context", "notify_file_change", "graft_experience", "shutdown"):
            self.assertEqual(answers[action]["status"], "ack", action)
        self.assertEqual(answers["init_project"]["data"]["project"]["file_count"], 1)
        self.assertIn("main.c", answers["get_context"]["data"]["context"])
        self.assertEqual(answers["status"]["data"]["projects_loaded"], 1)
        # What was acknowledged was done before the daemon ended, and the next one knows it.
        self.assertIn("keep it small", home.keeper("context", "get", project))
