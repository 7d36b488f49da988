"""A process that asks, to be killed: `python -m tests.engine.llm.killed_child LEDGER ADDRESS REQUESTS CONCURRENCY`."""

import os
import sys
from pathlib import Path

from rlm_pipeline.llm.asking import ask_all
from rlm_pipeline.llm.ledger import Ledger
from tests.engine.llm.asked import request, settings

if __name__ == "__main__":
    path, address, count, concurrency = sys.argv[1:]
    os.environ |= {"ANTHROPIC_API_KEY": "test", "ANTHROPIC_BASE_URL": address}
    with Ledger(Path(path)) as ledger:
        asked = settings(concurrency=int(concurrency))
        for reply in ask_all(map(request, range(int(count))), settings=asked, ledger=ledger):
            sys.stdout.write(f"{reply.status}\n")
