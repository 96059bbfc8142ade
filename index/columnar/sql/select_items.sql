-- The latest version of each item of {ids}. Without FINAL: that would read the
-- neighbours of every hit, LIMIT BY needs the hits alone.
SELECT
    day, source, id, version, revision, channel, native_id, title, text, unit, citizen, sender, places,
    time, event, submitted, received, labeled_at, stored_at, urgent, attachments, extra.name, extra.value,
    labels.kind, labels.value, labels.score, labels.evidence, labels.reason, labels.`by`, labels.version
FROM items
WHERE id IN {ids:Array(String)}
ORDER BY version DESC
LIMIT 1 BY id
