"""What a worker process of the encoder runs: settings first, then texts in and vectors out, until the input ends."""

import os
import sys
from typing import IO

import msgspec

from rlm_pipeline.configuration import Embedding
from rlm_pipeline.errors import RlmError
from rlm_pipeline.retrieval.encoders import Encoder, search_encoder
from rlm_pipeline.retrieval.encoding import receive, send


def main() -> None:
    """Answer every message on standard input; arguments: the folder of the package, and threads for torch."""
    # What a library prints must not come between the vectors.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        _serve(sys.stdin.buffer, answers, int(sys.argv[2]))
    except BrokenPipeError:
        sys.exit(1)


def _serve(questions: IO[bytes], answers: IO[bytes], threads: int) -> None:
    settings = receive(questions)
    if settings is None:
        return
    encoder = _opened(settings, threads, answers)
    while encoder is not None and (message := receive(questions)) is not None:
        try:
            vectors = encoder.encode(msgspec.msgpack.decode(message, type=list[str]))
        except RlmError as error:
            send(answers, b"-" + str(error).encode())
            continue
        send(answers, b"+" + vectors.tobytes())


def _opened(settings: bytes, threads: int, answers: IO[bytes]) -> Encoder | None:
    embedding = Embedding.model_validate_json(settings)
    try:
        encoder = search_encoder(embedding)
    except RlmError as error:
        send(answers, b"-" + str(error).encode())
        return None
    if not encoder.is_single_threaded:
        import torch

        torch.set_num_threads(threads)
    send(answers, b"+" + encoder.model_id.encode())
    return encoder
