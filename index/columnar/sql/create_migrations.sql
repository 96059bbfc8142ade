CREATE TABLE IF NOT EXISTS migrations
(
    number   UInt32,
    name     String,
    checksum String,
    at       DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree(at)
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
