-- 渠道：各渠道多少件，其中多少急件，占全部的几成。
-- 渠道是来路：报送、热线、来信、信访、媒体、网络。
-- place 7
-- periods open
-- param limit UInt32(1..10000) = 20: 最多列多少行
-- column channel 渠道
-- column items 件数
-- column urgent 其中急件
-- column share 占比（%）
SELECT
    channel AS channel,
    count() AS items,
    countIf(urgency IN ('特急', '紧急')) AS urgent,
    round(100 * items / any(total), 1) AS share
FROM
(
    SELECT channel, urgency, count() OVER () AS total
    FROM items
    WHERE day BETWEEN {from:Date32} AND {to:Date32} AND /* filter */
)
GROUP BY channel
ORDER BY items DESC, channel
LIMIT {limit:UInt32}
