"""Which columns of different partitions are one column: by a person's word, by name, by values and by place."""
