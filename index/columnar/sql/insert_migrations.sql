INSERT INTO migrations (number, name, checksum, at)
