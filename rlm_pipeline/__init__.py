"""The engine: turns record files into a taxonomy discovered bottom-up, every claim traceable to rows.

Stages are folders, in the order data takes: sources, profiling, chunking, retrieval, analysis, synthesis,
taxonomy, report; evaluation compares the result with known truth. A stage imports only the stages before it and
the root modules: errors, model, configuration, fingerprint, store, staleness. Nothing here imports Dagster or
reads the environment.
"""
