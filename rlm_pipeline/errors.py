"""Every error the engine raises, in one tree.

RlmError                    anything a person can be told in one sentence
├── ConfigurationError      a dataset's YAML is wrong: file, key, what was expected
│   └── CurationError       a file of decisions is wrong, or two of its decisions contradict each other
├── SourceError             an input file is missing, empty, or not what it claims to be
├── StoreError              a stored file is missing, damaged, or cannot be written (disk full)
│   └── NotMaterialised     an upstream stage has not run for this partition
├── EncoderError            an embedding model is absent or is not the one expected
├── ModelError              a model's server that cannot be used: no key, host refused, no price, spend limit reached
├── QueryError              a search query, chunk id, column or dimension that does not exist
└── InvariantError          a promise was about to be broken (rows lost, citation not verbatim); a defect of ours
"""

from pathlib import Path


class RlmError(Exception):
    """Anything that went wrong in a way a person can be told in one sentence."""


class ConfigurationError(RlmError):
    """A dataset configuration that cannot be used."""

    def __init__(self, path: Path | str, key: str, expected: str) -> None:
        self.path = path
        self.key = key
        self.expected = expected
        where = f"{path}: {key}" if key else f"{path}"
        super().__init__(f"{where}: {expected}")


class CurationError(ConfigurationError):
    """A person's decisions that cannot be read, or that contradict each other."""


class SourceError(RlmError):
    """An input file that is missing, empty, or not what it claims to be."""


class StoreError(RlmError):
    """A stored file that is missing, damaged, or cannot be written."""


class NotMaterialised(StoreError):
    """An upstream stage has not been materialised for a partition."""

    def __init__(self, stage: str, partition: str | None, dataset: str) -> None:
        self.stage = stage
        self.partition = partition
        place = f"{dataset}, partition {partition}" if partition else dataset
        super().__init__(f"{stage} of {place} is not materialised yet; run `rlm run {dataset}` first")


class EncoderError(RlmError):
    """An embedding model that is absent or is not the one expected."""


class ModelError(RlmError):
    """A model, or the server it is asked through, that cannot be used; nothing that follows would fare better."""


class QueryError(RlmError):
    """A query, chunk id, column or dimension that does not exist or cannot be parsed."""


class InvariantError(RlmError):
    """A promise of the pipeline was about to be broken; this is a defect, please report it."""
