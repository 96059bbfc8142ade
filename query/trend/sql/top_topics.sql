-- 主题：各主题多少件，其中多少急件，占全部的几成。
-- 一件有几个主题就算进几个主题，所以占比之和可以超过 100。空主题是没有判出主题的。
-- place 5
-- periods open
-- param limit UInt32(1..10000) = 50: 最多列多少行
-- column topic 主题
-- column items 件数
-- column urgent 其中急件
-- column share 占比（%）
SELECT
    arrayJoin(emptyArrayToSingle(topics)) AS topic,
    count() AS items,
    countIf(urgency IN ('特急', '紧急')) AS urgent,
    round(100 * items / any(total), 1) AS share
FROM
(
    SELECT topics, urgency, count() OVER () AS total
    FROM items
    WHERE day BETWEEN {from:Date32} AND {to:Date32} AND /* filter */
)
GROUP BY topic
ORDER BY items DESC, topic
LIMIT {limit:UInt32}
