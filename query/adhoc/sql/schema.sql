SELECT
    t.name AS relation,
    t.comment AS relation_comment,
    c.name AS name,
    c.type AS type,
    c.comment AS comment
FROM system.tables AS t
INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = {database:String}
ORDER BY relation, c.position
