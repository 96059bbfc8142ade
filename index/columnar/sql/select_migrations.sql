SELECT number, name, checksum FROM migrations FINAL ORDER BY number
