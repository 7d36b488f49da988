"""The report page: everything the pipeline found, in one HTML file that needs nothing else."""
