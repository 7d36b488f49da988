"""A discovered dataset of letters, labelled and published under a person's decisions."""

import shutil
from pathlib import Path

import polars as pl

from rlm_pipeline.curation import parsed
from rlm_pipeline.model import BLANK, OTHER
from rlm_pipeline.store import DatasetStore, write_json
from rlm_pipeline.synthesis.document import MergedFindings, Totals
from rlm_pipeline.taxonomy import labels, published
from tests.engine.taxonomy.stored import CONFIG, YEARS

NOW = "2024-05-01T12:00:00+00:00"


class Letters:
    """A copy of a discovered store, its own to be decided about."""

    def __init__(self, discovered: Path, folder: Path) -> None:
        self.store = DatasetStore(folder / "letters")
        shutil.copytree(discovered, self.store.folder)
        for year in YEARS:
            totals = {year: Totals(records=1, batches=1, findings=0)}
            merged = MergedFindings(dataset="letters", partitions=totals, columns=(), pairs=(), themes=(), conflicts=())
            write_json(merged.model_dump(mode="json"), self.store.merged_findings_path(year))

    def config(self, yaml):
        return CONFIG.model_copy(update={"curation": parsed(yaml, Path("letters.curation.yaml"))})

    def publish(self, yaml="", now=NOW):
        """Label and publish under these decisions; every published number is computed once more."""
        config = self.config(yaml)
        for year in YEARS:
            labels.materialise(self.store, config, year)
        found = published.materialise(self.store, config, YEARS, generated_at=now)
        assert published.check_recomputable(self.store, YEARS) == ()
        return found

    def texts(self):
        """Every record's source, row and letter."""
        frames = []
        for year in YEARS:
            name = "letter_text" if year == "FY2020" else "LetterText"
            frames.append(self.store.scan_records(year).select(source="_source", row="_row", text=name).collect())
        return pl.concat(frames)

    def labels(self, dimension):
        """Every record's label in a dimension, with the letter."""
        found = pl.concat([pl.read_parquet(self.store.labels_path(year)) for year in YEARS])
        return found.filter(pl.col("dimension_id") == dimension.id).join(self.texts(), on=["source", "row"])


def subject(found):
    """The dimension of the letters' text."""
    return next(each for each in found.dimensions if each.facet == "LetterText" and each.kind == "text")


def about(store, found, truth, matter):
    """The category, as discovered, that has most letters about a matter."""
    table = pl.concat([pl.read_parquet(store.labels_path(year)) for year in YEARS])
    table = table.filter(pl.col("dimension_id") == subject(found).id, ~pl.col("category_id").is_in([OTHER, BLANK]))
    matters = pl.concat(
        [
            pl.DataFrame(
                {"source": f"{year.lower()}.csv", "row": range(1, len(truth[year]) + 1), "matter": truth[year]}
            )
            for year in YEARS
        ]
    )
    counted = table.join(matters, on=["source", "row"]).filter(pl.col("matter") == matter)["category_id"].mode()
    return next(each for each in subject(found).categories if each.id == counted.sort()[0])
