-- 单位：各单位报送或承办多少件，其中多少急件，占全部的几成。
-- 空单位是来源没有写明单位的。
-- place 8
-- periods open
-- param limit UInt32(1..10000) = 200: 最多列多少行
-- column unit 单位
-- column items 件数
-- column urgent 其中急件
-- column share 占比（%）
SELECT
    unit AS unit,
    count() AS items,
    countIf(urgency IN ('特急', '紧急')) AS urgent,
    round(100 * items / any(total), 1) AS share
FROM
(
    SELECT unit, urgency, count() OVER () AS total
    FROM items
    WHERE day BETWEEN {from:Date32} AND {to:Date32} AND /* filter */
)
GROUP BY unit
ORDER BY items DESC, unit
LIMIT {limit:UInt32}
