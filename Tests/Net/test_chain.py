"""The whole chain: keeper, queen, hive, worker, llama.cpp."""

import json
import unittest

from support import Home, processes_naming


class ChainTests(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.remove)
        self.addCleanup(self.home.keeper, "down")
        self.home.keeper("up")

    def queen(self):
        rows = json.loads(self.home.keeper("status", "--json"))["daemons"]
        return next(row["base_url"] for row in rows if row["kind"] == "queen")

    def test_infer_through_llama_cpp(self):
        text = self.home.keeper("infer", "--model", "tiny", "--max-tokens", "12", "hello")
        self.assertTrue(text.strip())
        self.assertEqual(len(processes_naming(self.home.gguf)), 1)
        self.home.keeper("down")
        self.assertEqual(processes_naming(self.home.gguf), [])

    def test_an_engine_that_does_not_start_is_an_error_with_its_last_words(self):
        with self.assertRaises(AssertionError) as caught:
            self.home.keeper("infer", "--model", "broken", "hello")
        said = str(caught.exception)
        for words in ["exit 1", "worker/broken-1", "status 70", "ended while it started", "no-such-model.gguf"]:
            self.assertIn(words, said)
        self.assertEqual(processes_naming(self.home.path / "no-such-model.gguf"), [])

    def test_the_openai_client_against_the_queen(self):
        self.home.keeper("infer", "--model", "builtin", "hello")
        self.home.client(self.queen(), "builtin")

    def test_the_openai_client_against_the_queen_with_llama_cpp(self):
        self.home.keeper("infer", "--model", "tiny", "--max-tokens", "4", "hello")
        self.home.client(self.queen(), "tiny", "--skip", "embeddings")


if __name__ == "__main__":
    unittest.main()
