"""A process that hands in a batch, to be killed: `python -m tests.engine.llm.batch_child LEDGER ADDRESS REQUESTS`."""

import os
import sys
from pathlib import Path

from rlm_pipeline.llm import batches
from rlm_pipeline.llm.ledger import Ledger
from tests.engine.llm.asked import request, settings

if __name__ == "__main__":
    path, address, count = sys.argv[1:]
    os.environ |= {"ANTHROPIC_API_KEY": "test", "ANTHROPIC_BASE_URL": address}
    with Ledger(Path(path)) as ledger:
        list(batches.submit(map(request, range(int(count))), settings=settings(batches=True), ledger=ledger))
