SELECT source, day, uniqExact(id) AS n
FROM items
GROUP BY source, day
ORDER BY day, source
