#!/usr/bin/env python3
"""Talks to an OpenAI-compatible server with PyPI's unmodified `openai` client and checks the answers.

    openai_client.py BASE_URL --model NAME [--skip CHECK]…

BASE_URL is with `/v1`. Exits 0 when every check passed; otherwise says which did not.
"""

import argparse
import sys
import traceback

import openai


class Checks:
    def __init__(self, client, model):
        self.client = client
        self.model = model

    def models(self):
        listed = [model.id for model in self.client.models.list()]
        assert self.model in listed, f"{self.model} is not among {listed}"
        model = self.client.models.retrieve(self.model)
        assert model.id == self.model and model.object == "model", model

    def chat(self):
        answer = self.client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": "What is a daemon?"}], max_tokens=16, temperature=0
        )
        choice = answer.choices[0]
        assert answer.object == "chat.completion" and answer.model == self.model, answer
        assert choice.message.role == "assistant" and choice.message.content, choice
        assert choice.finish_reason in ("stop", "length"), choice
        usage = answer.usage
        assert 0 < usage.completion_tokens <= 16 and usage.prompt_tokens > 0, usage
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage

    def chat_streamed(self):
        request = dict(model=self.model, messages=[{"role": "user", "content": "What is a daemon?"}], max_tokens=16, temperature=0, seed=1)
        whole = self.client.chat.completions.create(**request)
        chunks = list(self.client.chat.completions.create(**request, stream=True, stream_options={"include_usage": True}))
        assert all(chunk.object == "chat.completion.chunk" and chunk.model == self.model for chunk in chunks), chunks
        assert len({chunk.id for chunk in chunks}) == 1, "the chunks have different ids"
        with_choices = [chunk for chunk in chunks if chunk.choices]
        assert with_choices[0].choices[0].delta.role == "assistant", with_choices[0]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in with_choices)
        assert text == whole.choices[0].message.content, (text, whole)
        reasons = [chunk.choices[0].finish_reason for chunk in with_choices if chunk.choices[0].finish_reason]
        assert reasons == [whole.choices[0].finish_reason], reasons
        usage = chunks[-1].usage
        assert not chunks[-1].choices and usage.completion_tokens == whole.usage.completion_tokens, chunks[-1]
        assert len(with_choices) > 3, "the answer came in one piece"

    def completion(self):
        answer = self.client.completions.create(model=self.model, prompt="The queen", max_tokens=8, temperature=0)
        assert answer.object == "text_completion" and answer.choices[0].text, answer
        assert answer.usage.completion_tokens <= 8, answer.usage
        streamed = self.client.completions.create(model=self.model, prompt="The queen", max_tokens=8, temperature=0, stream=True)
        text = "".join(chunk.choices[0].text for chunk in streamed if chunk.choices)
        assert text == answer.choices[0].text, (text, answer)

    def stop_string(self):
        request = dict(model=self.model, messages=[{"role": "user", "content": "hello"}], max_tokens=24, temperature=0)
        text = self.client.chat.completions.create(**request).choices[0].message.content
        stop = text[3:6]
        answer = self.client.chat.completions.create(**request, stop=[stop]).choices[0]
        assert answer.message.content == text[: text.index(stop)] and answer.finish_reason == "stop", (text, answer)

    def leaving_early(self):
        stream = self.client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": "What is a bee?"}], max_tokens=200, stream=True
        )
        for _ in stream:
            break
        stream.close()
        self.chat()

    def unknown_model(self):
        try:
            self.client.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": "hello"}])
        except openai.NotFoundError as error:
            assert error.code == "model_not_found" and "no-such-model" in error.message, error
        else:
            raise AssertionError("an unknown model was answered")

    def bad_request(self):
        try:
            self.client.chat.completions.create(model=self.model, messages=[{"role": "user", "content": "hello"}], temperature="hot")
        except openai.BadRequestError as error:
            assert error.type == "invalid_request_error", error
        else:
            raise AssertionError("a temperature that is no number was accepted")

    def embeddings(self):
        answer = self.client.embeddings.create(model=self.model, input=["a bee", "a daemon"])
        vectors = [item.embedding for item in answer.data]
        assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1]) > 0, answer
        assert abs(sum(value * value for value in vectors[0]) - 1) < 1e-3, "the vector has not length one"
        assert answer.usage.prompt_tokens > 0, answer.usage


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("base_url")
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--skip", action="append", default=[], help="a check to leave out")
    options = arguments.parse_args()
    client = openai.OpenAI(base_url=options.base_url, api_key="none", max_retries=0, timeout=60)
    checks = Checks(client, options.model)
    names = [name for name in vars(Checks) if not name.startswith("_") and name not in options.skip]
    failed = 0
    for name in names:
        try:
            getattr(checks, name)()
            print(f"  ok      {name}")
        except Exception:
            failed += 1
            print(f"  FAILED  {name}")
            traceback.print_exc(file=sys.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
