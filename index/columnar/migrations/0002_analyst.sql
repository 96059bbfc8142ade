-- What analysts and questions read: one row an item, each column explained in
-- Chinese. The views run with the rights of their maker, so that a reader needs
-- none on the tables. An item's versions share a partition, which is why FINAL
-- need not look across partitions.
CREATE OR REPLACE VIEW {{.Analyst}}.items
(
    id            String COMMENT '编号：32位十六进制，全系统唯一',
    day           Date32 COMMENT '归档日：首次接收时确定，以后不变',
    time          DateTime64(3, 'Asia/Shanghai') COMMENT '统计时间：提交时间；没有则发生时间；再没有则接收时间',
    channel       LowCardinality(String) COMMENT '渠道：submission 报送，call 热线，letter 来信，petition 信访，media 媒体，web 网络',
    source        LowCardinality(String) COMMENT '来源：配置中的来源名称',
    native_id     String COMMENT '来源系统的编号',
    title         String COMMENT '标题：原文',
    text          String COMMENT '正文：原文',
    folded        String COMMENT '检索文本：标题和正文去空白、全角转半角、字母转小写，两者以换行隔开',
    unit          LowCardinality(String) COMMENT '单位：报送或承办单位，不知道为空',
    citizen       String COMMENT '群众姓名：已遮蔽，如 张**',
    sender        String COMMENT '来信人代号：电话或账号的加密散列，只能用来数重复',
    places        Array(LowCardinality(String)) COMMENT '来源给出的地点，由大到小',
    event         Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '发生时间：来源没说为 NULL',
    submitted     Nullable(DateTime64(3, 'Asia/Shanghai')) COMMENT '提交时间：来源没说为 NULL',
    received      DateTime64(3, 'Asia/Shanghai') COMMENT '接收时间：本系统收到的时刻',
    labeled_at    DateTime64(3, 'Asia/Shanghai') COMMENT '分类时间：本系统打标签的时刻',
    stored_at     DateTime64(3, 'Asia/Shanghai') COMMENT '入库时间：写入本表的时刻',
    urgent        Bool COMMENT '报送人是否勾选紧急',
    attachments   Array(String) COMMENT '附件名',
    extra_names   Array(LowCardinality(String)) COMMENT '其他栏目的名称，与 extra_values 一一对应',
    extra_values  Array(String) COMMENT '其他栏目的内容',
    revision      UInt32 COMMENT '第几版原文：1 为首版',
    topic         LowCardinality(String) COMMENT '主题：最可能的主题代码，没有为空',
    topics        Array(LowCardinality(String)) COMMENT '全部主题代码，最可能的在前',
    region        LowCardinality(String) COMMENT '地区：最可能的地区代码，没有为空',
    regions       Array(LowCardinality(String)) COMMENT '全部地区代码，最可能的在前',
    urgency       LowCardinality(String) COMMENT '急度：特急、紧急或一般',
    urgency_score Float64 COMMENT '急度把握：0 到 1',
    form          LowCardinality(String) COMMENT '诉求：咨询、投诉、求助等，没有为空',
    forms         Array(LowCardinality(String)) COMMENT '全部诉求，最可能的在前'
)
DEFINER = {{.Definer}} SQL SECURITY DEFINER
AS SELECT
    id, day, time, channel, source, native_id, title, text, folded, unit, citizen, sender, places,
    event, submitted, received, labeled_at, stored_at, urgent, attachments,
    extra.name AS extra_names, extra.value AS extra_values, revision,
    topic, topics, region, regions, urgency, urgency_score, form, forms
FROM {{.Database}}.items FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT '信息：每行一件，只有最新一版';

CREATE OR REPLACE VIEW {{.Analyst}}.labels
(
    id       String COMMENT '编号：与 items.id 相同',
    day      Date32 COMMENT '归档日',
    time     DateTime64(3, 'Asia/Shanghai') COMMENT '统计时间',
    kind     LowCardinality(String) COMMENT '种类：topic 主题，urgency 急度，region 地区，form 诉求',
    value    LowCardinality(String) COMMENT '值：代码或词',
    score    Float64 COMMENT '把握：0 到 1',
    evidence String COMMENT '依据：JSON，起决定作用的词在原文中的字节位置',
    reason   LowCardinality(String) COMMENT '规则或条款的编号',
    `by`     LowCardinality(String) COMMENT '分类器',
    version  UInt32 COMMENT '分类器版本'
)
DEFINER = {{.Definer}} SQL SECURITY DEFINER
AS SELECT
    id, day, time, kind, value, score, evidence, reason, `by`, label_version AS version
FROM {{.Database}}.items FINAL
ARRAY JOIN
    labels.kind AS kind, labels.value AS value, labels.score AS score, labels.evidence AS evidence,
    labels.reason AS reason, labels.`by` AS `by`, labels.version AS label_version
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT '标签：每行一个标签，一件可有多行';
