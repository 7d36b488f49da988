"""The two dimensions of partitions: datasets, and their fiscal years."""

from collections.abc import Iterable

import dagster as dg

datasets = dg.DynamicPartitionsDefinition(name="dataset")
fiscal_years = dg.DynamicPartitionsDefinition(name="fiscal_year")
dataset_years = dg.MultiPartitionsDefinition({"dataset": datasets, "fiscal_year": fiscal_years})


def key_of(dataset: str, fiscal_year: str | None) -> str:
    """The partition key of one fiscal year of a dataset, or of the whole dataset."""
    if fiscal_year is None:
        return dataset
    return dg.MultiPartitionKey({"dataset": dataset, "fiscal_year": fiscal_year})


def parts_of(context: dg.AssetExecutionContext) -> tuple[str, str | None]:
    """Dataset and fiscal year of the running partition; the year is None for a per-dataset asset."""
    key = context.partition_key
    if isinstance(key, dg.MultiPartitionKey):
        return key.keys_by_dimension["dataset"], key.keys_by_dimension["fiscal_year"]
    return key, None


def add_partitions(instance: dg.DagsterInstance, dataset: str, years: Iterable[str]) -> None:
    """Make a dataset and its fiscal years known to the instance; known ones stay."""
    instance.add_dynamic_partitions("dataset", [dataset])
    instance.add_dynamic_partitions("fiscal_year", sorted(years))
