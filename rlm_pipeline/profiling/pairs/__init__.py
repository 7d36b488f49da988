"""What two columns of a partition have to do with each other: equal, equal when recoded, one decided by the other."""
