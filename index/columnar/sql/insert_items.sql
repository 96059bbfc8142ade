INSERT INTO items
(
    day, source, id, version, revision, channel, native_id, title, text, folded, unit, citizen, sender, places,
    time, event, submitted, received, labeled_at, stored_at, urgent, attachments, `extra.name`, `extra.value`,
    topic, topics, region, regions, urgency, urgency_score, form, forms,
    `labels.kind`, `labels.value`, `labels.score`, `labels.evidence`, `labels.reason`, `labels.by`, `labels.version`
)
