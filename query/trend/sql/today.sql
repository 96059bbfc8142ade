-- 今日：今天和昨天各级急度多少件。
-- “今天”是筛选的截止日，没有截止日则为当天。
-- place 3
-- periods day
-- column urgency 急度
-- column items 今日
-- column previous 昨日
-- column change 比昨日
SELECT
    level AS urgency,
    countIf(day = {to:Date32}) AS items,
    countIf(day = {previous_to:Date32}) AS previous,
    toInt64(items) - toInt64(previous) AS change
FROM
(
    SELECT day, urgency AS level
    FROM items
    WHERE day BETWEEN {previous_from:Date32} AND {to:Date32} AND /* filter */
    UNION ALL
    SELECT toDate32('1900-01-01'), arrayJoin(['特急', '紧急', '一般'])
)
GROUP BY level
ORDER BY indexOf(['特急', '紧急', '一般'], level) = 0, indexOf(['特急', '紧急', '一般'], level)
