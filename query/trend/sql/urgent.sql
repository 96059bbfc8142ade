-- 急件：最近的特急和紧急信息，特急在前，新的在前。
-- place 4
-- periods open
-- param limit UInt32(1..10000) = 50: 最多列多少件
-- column id 编号
-- column urgency 急度
-- column time 时间
-- column title 标题
-- column channel 渠道
-- column unit 单位
-- column region 地区
-- column topic 主题
SELECT
    id, urgency, time,
    if(title != '', title, concat(substringUTF8(text, 1, 40), if(lengthUTF8(text) > 40, '…', ''))) AS title,
    channel, unit, region, topic
FROM items
WHERE
    urgency IN ('特急', '紧急')
    AND day BETWEEN {from:Date32} AND {to:Date32}
    AND /* filter */
ORDER BY urgency = '特急' DESC, time DESC, id
LIMIT {limit:UInt32}
