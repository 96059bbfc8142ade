-- The keys of the next {n} items behind (day, source, id), in the order of the
-- table. The condition is spelt out because the key is only used like this.
SELECT day, source, id
FROM items
WHERE day > {day:Date32}
   OR (day = {day:Date32} AND source > {source:String})
   OR (day = {day:Date32} AND source = {source:String} AND id > {id:String})
ORDER BY day, source, id
LIMIT 1 BY day, source, id
LIMIT {n:UInt32}
