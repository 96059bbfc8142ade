SELECT DISTINCT id
FROM items
WHERE source = {source:String} AND day = {day:Date32}
ORDER BY id
