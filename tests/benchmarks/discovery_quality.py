"""Discovery against the truth: every labelled data set through the pipeline, offline, beside BERTopic and Ward.

python tests/benchmarks/discovery_quality.py --real-data DATA --work FOLDER [--seeds 3] [--only SET,SET]
    [--without-bertopic] [--reuse]

DATA has the folders clinc150, banking77, trec-qc, uscongress-bills, mitre-attack, msha-injuries and nyc311-drift. Each
set goes through the stages raw_file to labels with the encoder minilm and the same settings, once for each
`discovery.seed`, in a process of its own; the columns that hold a truth are ignored by the configuration and read only
afterwards, to compare. FOLDER keeps vectors and stages, so that another run, after a change of discovery, encodes only
what is new; `--reuse` takes the runs that are there already. Prints Markdown tables and writes FOLDER/figures.json.
"""

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from rlm_pipeline.store import DatasetStore, write_json
from tests.benchmarks import discovery_tables as tables
from tests.benchmarks.discovery_scores import Figures, of_baselines, scored
from tests.benchmarks.discovery_sets import LabelledSet, labelled, structureless

HERE = Path(__file__).parent
MOST_FOR_WARD = 6000
"""Ward's method compares all pairs of records."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real-data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="names of sets, separated by commas")
    parser.add_argument("--without-bertopic", action="store_true")
    parser.add_argument("--reuse", action="store_true", help="score the runs that are there, and make only the others")
    asked = parser.parse_args()
    sets = {each.name: each for each in (*labelled(), *structureless())}
    names = asked.only.split(",") if asked.only else list(sets)
    if unknown := set(names) - sets.keys():
        parser.error(f"no set {', '.join(sorted(unknown))}; there are {', '.join(sets)}")
    figures: dict[str, list[Figures]] = {}
    for name in names:
        figures[name] = [measured(sets[name], asked, seed) for seed in range(asked.seeds)]
        write_json(figures, asked.work / "figures.json")
        print(f"{name} done", file=sys.stderr, flush=True)
    print(tables.all_of(figures))


def measured(chosen: LabelledSet, asked: argparse.Namespace, seed: int) -> Figures:
    """Figures of one set and seed."""
    store = DatasetStore(asked.work / "runs" / f"seed{seed}" / chosen.name)
    if not (asked.reuse and (store.folder / "cost.json").exists()):
        in_process("discovery_runs.py", chosen.name, asked.real_data, asked.work, seed)
    if chosen.known is None:
        return scored(store, chosen, None)
    known = chosen.known(store, asked.real_data)
    figures = scored(store, chosen, known)
    baselines = asked.work / "baselines"
    methods = [] if asked.without_bertopic else ["bertopic"]
    methods += ["ward"] if len(known.levels) > 1 and known.records.height <= MOST_FOR_WARD else []
    if missing := [each for each in methods if each == "ward" or not _made(baselines, each, seed, chosen.name)]:
        in_process("discovery_baselines.py", chosen.name, asked.real_data, asked.work, seed, *missing)
    return figures | of_baselines(baselines, seed, chosen.name, known)


def _made(baselines: Path, method: str, seed: int, name: str) -> bool:
    """BERTopic knows nothing of the pipeline; Ward's cuts are as many as the pipeline's categories."""
    return (baselines / method / f"seed{seed}" / f"{name}.parquet").exists()


def in_process(script: str, *arguments: object) -> None:
    command = [sys.executable, str(HERE / script), *(str(each) for each in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-3000:]}")


if __name__ == "__main__":
    main()
