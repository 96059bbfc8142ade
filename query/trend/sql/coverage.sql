-- 零报告：从前有过信息、到截止日已有若干天没有信息的单位，沉默最久的在前。
-- 截止日是筛选的截止日，没有则为今天。从未有过信息的单位，本系统不知道。
-- place 11
-- periods until
-- param days UInt32(1..3650) = 30: 多少天没有信息才列出
-- column unit 单位
-- column last 最后一件
-- column silent 沉默天数
-- column items 从前件数
SELECT
    unit,
    max(day) AS last,
    dateDiff('day', last, {to:Date32}) AS silent,
    count() AS items
FROM items
WHERE
    unit != ''
    AND day BETWEEN {from:Date32} AND {to:Date32}
    AND /* filter */
GROUP BY unit
HAVING silent >= {days:UInt32}
ORDER BY silent DESC, unit
