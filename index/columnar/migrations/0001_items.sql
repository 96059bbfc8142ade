-- The items with their labels, one row a version; the latest version counts.
--
-- (day, source, id) names a row: an item keeps its day for ever, so versions of
-- one item always meet in one partition, where the engine replaces the older.
-- A partition is a year, not a month: an import of old letters touches them all
-- in every batch, and a part for each of 120 months costs six times as much as
-- one for each of ten years (measured). The key finds the days all the same.
-- The bloom filter finds an item by its id alone; the minmax index lets
-- questions ask for `time`, which follows the day closely but not exactly.
CREATE TABLE IF NOT EXISTS {{.Database}}.items
(
    day           Date32,
    source        LowCardinality(String),
    id            String CODEC(ZSTD(1)),
    version       UInt64,
    revision      UInt32,
    channel       LowCardinality(String),
    native_id     String CODEC(ZSTD(1)),
    title         String CODEC(ZSTD(3)),
    text          String CODEC(ZSTD(3)),
    folded        String CODEC(ZSTD(3)),
    unit          LowCardinality(String),
    citizen       String CODEC(ZSTD(1)),
    sender        String CODEC(ZSTD(1)),
    places        Array(LowCardinality(String)),
    time          DateTime64(3, 'Asia/Shanghai'),
    event         Nullable(DateTime64(3, 'Asia/Shanghai')),
    submitted     Nullable(DateTime64(3, 'Asia/Shanghai')),
    received      DateTime64(3, 'Asia/Shanghai'),
    labeled_at    DateTime64(3, 'Asia/Shanghai'),
    stored_at     DateTime64(3, 'Asia/Shanghai'),
    urgent        Bool,
    attachments   Array(String),
    extra         Nested(name LowCardinality(String), value String),
    topic         LowCardinality(String),
    topics        Array(LowCardinality(String)),
    region        LowCardinality(String),
    regions       Array(LowCardinality(String)),
    urgency       LowCardinality(String),
    urgency_score Float64,
    form          LowCardinality(String),
    forms         Array(LowCardinality(String)),
    labels        Nested
    (
        kind     LowCardinality(String),
        value    LowCardinality(String),
        score    Float64,
        evidence String,
        reason   LowCardinality(String),
        `by`     LowCardinality(String),
        version  UInt32
    ),
    INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_time time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(day)
ORDER BY (day, source, id)
SETTINGS
    -- A batch becomes one file and not two a column, all of them synced.
    min_bytes_for_wide_part = 134217728,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    non_replicated_deduplication_window = 10000;

-- How far the bus has been read: the row with the highest seq of a partition
-- counts. next may fall (a topic made anew), so it cannot order the rows itself.
CREATE TABLE IF NOT EXISTS {{.Database}}.commits
(
    partition UInt32,
    next      Int64,
    seq       UInt64,
    at        DateTime64(3, 'Asia/Shanghai')
)
ENGINE = ReplacingMergeTree(seq)
ORDER BY partition
SETTINGS
    fsync_after_insert = 1,
    fsync_part_directory = 1;
