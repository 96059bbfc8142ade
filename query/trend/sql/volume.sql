-- 走势：每小时、每日、每周或每月多少件，与前一段同样长的时间和上年同期并排。
-- 一件落在哪一格，看归档日；按小时时看统计时间的钟点。没有信息的格子为 0。
-- place 1
-- periods compare
-- param by String(hour|day|week|month) = day: 每格多长：hour 小时、day 日、week 周、month 月
-- column bucket 时段
-- column items 本期
-- column previous 上期
-- column year 上年同期
WITH counted AS
(
    -- Earlier periods are moved onto the present one, day by day.
    SELECT day + shift AS moved, toHour(time) AS hour, span
    FROM items
    ARRAY JOIN
        arrayFilter(s -> day BETWEEN s.2 AND s.3, [
            ('items', {from:Date32}, {to:Date32}, toInt32(0)),
            ('previous', {previous_from:Date32}, {previous_to:Date32}, toInt32(dateDiff('day', {previous_from:Date32}, {from:Date32}))),
            ('year', {year_from:Date32}, {year_to:Date32}, toInt32(dateDiff('day', {year_from:Date32}, {from:Date32})))
        ]) AS s
    LEFT ARRAY JOIN [s.1] AS span, [s.4] AS shift
    WHERE
        (day BETWEEN {from:Date32} AND {to:Date32}
        OR day BETWEEN {previous_from:Date32} AND {previous_to:Date32}
        OR day BETWEEN {year_from:Date32} AND {year_to:Date32})
        AND /* filter */
    UNION ALL
    SELECT {from:Date32} + number, arrayJoin(range(if({by:String} = 'hour', 24, 1))), ''
    FROM numbers(toUInt64(dateDiff('day', {from:Date32}, {to:Date32}) + 1))
)
SELECT
    toDateTime64(multiIf(
        {by:String} = 'week', moved - (toDayOfWeek(moved) - 1),
        {by:String} = 'month', moved - (toDayOfMonth(moved) - 1),
        moved), 0, 'Asia/Shanghai') + toIntervalHour(if({by:String} = 'hour', hour, 0)) AS bucket,
    countIf(span = 'items') AS items,
    countIf(span = 'previous') AS previous,
    countIf(span = 'year') AS year
FROM counted
GROUP BY bucket
ORDER BY bucket
