-- 地区：各地区多少件，其中多少急件，占全部的几成。
-- 一件涉及几个地区就算进几个地区。空地区是没有判出地区的。
-- place 6
-- periods open
-- param limit UInt32(1..10000) = 200: 最多列多少行
-- column region 地区
-- column items 件数
-- column urgent 其中急件
-- column share 占比（%）
SELECT
    arrayJoin(emptyArrayToSingle(regions)) AS region,
    count() AS items,
    countIf(urgency IN ('特急', '紧急')) AS urgent,
    round(100 * items / any(total), 1) AS share
FROM
(
    SELECT regions, urgency, count() OVER () AS total
    FROM items
    WHERE day BETWEEN {from:Date32} AND {to:Date32} AND /* filter */
)
GROUP BY region
ORDER BY items DESC, region
LIMIT {limit:UInt32}
