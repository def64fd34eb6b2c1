"""A worker by itself: its OpenAI surface with a real client, its engine with real llama.cpp."""

import json
import unittest
import urllib.error
import urllib.request

from support import Home, kill, processes_naming, wait_for


class WorkerTests(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.remove)

    def test_builtin_engine_with_the_openai_client(self):
        self.home.client(self.home.start_worker("b-1", "builtin").ready(), "builtin")

    def test_llama_cpp_with_the_openai_client(self):
        # This llama.cpp serves no vectors; what it answers is passed on.
        self.home.client(self.home.start_worker("tiny-1", "tiny").ready(), "tiny", "--skip", "embeddings")

    def test_an_engine_error_has_openais_shape(self):
        url = self.home.start_worker("tiny-1", "tiny").ready()
        body = json.dumps({"model": "tiny", "input": "a bee"}).encode()
        request = urllib.request.Request(f"{url}/v1/embeddings", body, {"Content-Type": "application/json"})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        error = json.loads(caught.exception.read())["error"]
        self.assertEqual(caught.exception.code, 501)
        self.assertEqual(set(error), {"message", "type", "param", "code"})

    def test_the_engine_dies_with_a_killed_worker(self):
        worker = self.home.start_worker("tiny-1", "tiny")
        worker.ready()
        self.assertEqual(len(processes_naming(self.home.gguf)), 1)
        worker.process.kill()
        wait_for("the engine's end", lambda: not processes_naming(self.home.gguf), limit=5)

    def test_a_killed_engine_ends_its_worker_with_a_reason(self):
        worker = self.home.start_worker("tiny-1", "tiny")
        worker.ready()
        kill(processes_naming(self.home.gguf)[0])
        self.assertEqual(worker.ended(), 70)
        self.assertIn("signal 9", worker.said())

    def test_terminating_a_worker_ends_its_engine_first(self):
        worker = self.home.start_worker("tiny-1", "tiny")
        worker.ready()
        worker.process.terminate()
        self.assertEqual(worker.ended(), 0)
        self.assertEqual(processes_naming(self.home.gguf), [])

    def test_a_model_that_cannot_be_loaded_is_an_error_with_its_last_words(self):
        worker = self.home.start_worker("broken-1", "broken")
        self.assertEqual(worker.ended(), 70)
        self.assertIn("status 1", worker.said())
        self.assertIn("no-such-model.gguf", worker.said())

    def test_a_model_that_is_not_configured_is_a_configuration_error(self):
        worker = self.home.start_worker("x-1", "not-configured")
        self.assertEqual(worker.ended(), 78)
        self.assertIn("models.not-configured", worker.said())


if __name__ == "__main__":
    unittest.main()
