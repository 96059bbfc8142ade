-- 主题升温：比前一段同样长的时间增加最明显的主题。
-- 排序看增量与两期合计的平方根之比：少数几件的偶然翻倍排不到前面。上期为 0 时增幅为空。
-- place 9
-- periods compare
-- param limit UInt32(1..1000) = 20: 最多列多少行
-- param least UInt32(1..100000) = 3: 本期至少多少件才列出
-- column topic 主题
-- column items 本期
-- column previous 上期
-- column change 增量
-- column change_percent 增幅（%）
SELECT
    arrayJoin(topics) AS topic,
    countIf(day BETWEEN {from:Date32} AND {to:Date32}) AS items,
    countIf(day BETWEEN {previous_from:Date32} AND {previous_to:Date32}) AS previous,
    toInt64(items) - toInt64(previous) AS change,
    round(100 * change / nullIf(previous, 0), 1) AS change_percent
FROM items
WHERE
    (day BETWEEN {from:Date32} AND {to:Date32} OR day BETWEEN {previous_from:Date32} AND {previous_to:Date32})
    AND /* filter */
GROUP BY topic
HAVING change > 0 AND items >= {least:UInt32}
ORDER BY change / sqrt(items + previous) DESC, topic
LIMIT {limit:UInt32}
