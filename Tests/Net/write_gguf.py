#!/usr/bin/env python3
"""Writes a tiny llama model with random weights and a byte-level vocabulary as GGUF.

It knows nothing and says nothing sensible. It is there so that real llama.cpp has something
to load: the same file comes out for the same seed, about half a megabyte.

    write_gguf.py PATH [--seed N]
"""

import argparse

import gguf
import numpy as np

CONTEXT = 2048
WIDTH = 64
LAYERS = 2
HEADS = 4
FEED_FORWARD = 176

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def vocabulary():
    """<unk>, <s>, </s>, then one token for each of the 256 bytes."""
    tokens = [b"<unk>", b"<s>", b"</s>"] + [f"<0x{byte:02X}>".encode() for byte in range(256)]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256
    return tokens, [0.0] * len(tokens), kinds


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("path")
    arguments.add_argument("--seed", type=int, default=7)
    options = arguments.parse_args()

    random = np.random.default_rng(options.seed)

    def weights(*shape):
        return random.standard_normal(shape, dtype=np.float32) * np.float32(shape[-1] ** -0.5)

    tokens, scores, kinds = vocabulary()
    writer = gguf.GGUFWriter(options.path, "llama")
    writer.add_name("tiny-random")
    writer.add_description("random weights, byte-level vocabulary; for tests")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)

    # Bytes that are no printable ASCII, and the special tokens, get an output row of zeros: random
    # weights still decide which letters come, but what comes is text rather than broken UTF-8.
    output = weights(len(tokens), WIDTH) * np.float32(4)
    for index in range(len(tokens)):
        if not 0x20 <= index - 3 < 0x7F:
            output[index] = 0

    writer.add_tensor("token_embd.weight", weights(len(tokens), WIDTH))
    for layer in range(LAYERS):
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", np.ones(WIDTH, dtype=np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights(WIDTH, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", np.ones(WIDTH, dtype=np.float32))
        writer.add_tensor(f"blk.{layer}.ffn_gate.weight", weights(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_up.weight", weights(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", weights(WIDTH, FEED_FORWARD))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    writer.add_tensor("output.weight", output)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
