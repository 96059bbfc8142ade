SELECT partition, argMax(next, seq) AS next, max(seq) AS last
FROM commits
GROUP BY partition
