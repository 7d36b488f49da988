"""How fast readings go when the model takes no time: `python tests/benchmarks/readings_throughput.py [RECORDS]`.

Everything but the model is real: plan, prompts, SDK, checks, ledger, quotes looked up in records and chunks. The server
answers in process, with a statement and a finding for each record; its own work is in the figures.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.analysis.reading import stage
from rlm_pipeline.llm.ledger import FILE, Ledger
from tests.engine.analysis.reading import readable
from tests.engine.analysis.reading.reader import honest


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    os.environ["ANTHROPIC_API_KEY"] = "test"
    print("| records | a reading has | readings | findings/s | calls/s | CPU s | peak MiB | load |")
    print("|---|---|---|---|---|---|---|---|")
    for reading_tokens in (200, 2500):
        with tempfile.TemporaryDirectory() as folder:
            print(measured(Path(folder), records, reading_tokens))


def measured(root: Path, records: int, reading_tokens: int) -> str:
    """A row of the table."""
    dataset = readable.model_config(budget_usd=100, reading_tokens=reading_tokens, concurrency=16)
    store = readable.of_narratives(root, readable.narratives(records), dataset)
    api = readable.server(honest)
    wall, cpu = time.perf_counter(), time.process_time()
    with Ledger(root / FILE) as ledger:
        found = stage.materialise(store, dataset, "all", ledger=ledger, transport=api.transport())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = records / found.readings
    return (
        f"| {records:,} | {each:.1f} records | {found.readings:,} | {found.findings / wall:,.0f} "
        f"| {found.readings / wall:,.0f} | {cpu:.1f} | {peak:,.0f} | {os.getloadavg()[0]:.1f} |"
    )


main()
