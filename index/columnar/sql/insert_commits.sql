INSERT INTO commits (partition, next, seq, at)
