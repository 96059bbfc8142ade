-- 同比环比：本期一共多少件，比前一段同样长的时间和上年同期多了多少。
-- 对比期为 0 时，增幅为空：没有可比的底数。
-- place 2
-- periods compare
-- column total 范围
-- column items 本期
-- column previous 上期
-- column change 比上期
-- column change_percent 环比（%）
-- column year 上年同期
-- column year_change 比上年同期
-- column year_percent 同比（%）
SELECT
    '全部' AS total,
    countIf(day BETWEEN {from:Date32} AND {to:Date32}) AS items,
    countIf(day BETWEEN {previous_from:Date32} AND {previous_to:Date32}) AS previous,
    toInt64(items) - toInt64(previous) AS change,
    round(100 * change / nullIf(previous, 0), 1) AS change_percent,
    countIf(day BETWEEN {year_from:Date32} AND {year_to:Date32}) AS year,
    toInt64(items) - toInt64(year) AS year_change,
    round(100 * year_change / nullIf(year, 0), 1) AS year_percent
FROM items
WHERE
    (day BETWEEN {from:Date32} AND {to:Date32}
    OR day BETWEEN {previous_from:Date32} AND {previous_to:Date32}
    OR day BETWEEN {year_from:Date32} AND {year_to:Date32})
    AND /* filter */
