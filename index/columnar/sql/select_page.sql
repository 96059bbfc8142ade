-- The latest version of each item of {ids}, which lie on the days {from} to
-- {to}: without the days every part would be looked through for each page.
SELECT
    day, source, id, version, revision, channel, native_id, title, text, unit, citizen, sender, places,
    time, event, submitted, received, labeled_at, stored_at, urgent, attachments, extra.name, extra.value,
    labels.kind, labels.value, labels.score, labels.evidence, labels.reason, labels.`by`, labels.version
FROM items
WHERE day BETWEEN {from:Date32} AND {to:Date32} AND id IN {ids:Array(String)}
ORDER BY day, source, id, version DESC
LIMIT 1 BY day, source, id
