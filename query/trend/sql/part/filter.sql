-- The filter's lists and words. An empty list lets everything pass. Words are
-- looked for in `folded` as search looks for them: {clauses} holds an OR of
-- places in `found` per AND, a place below zero means "must not occur". The
-- line break in `folded` parts title and text.
    (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
    AND (empty({source:Array(String)}) OR has({source:Array(String)}, source))
    AND (empty({unit:Array(String)}) OR has({unit:Array(String)}, unit))
    AND (empty({topic:Array(String)}) OR hasAny(topics, {topic:Array(String)}))
    AND (empty({region:Array(String)}) OR hasAny(regions, {region:Array(String)}))
    AND (empty({urgency:Array(String)}) OR has({urgency:Array(String)}, urgency))
    AND (empty({form:Array(String)}) OR hasAny(forms, {form:Array(String)}))
    AND (empty({clauses:Array(Array(Int32))}) OR arrayAll(
        clause -> arrayExists(place -> (arrayConcat(
            multiSearchAllPositions(folded, {words:Array(String)}),
            multiSearchAllPositions(substring(folded, 1, position(folded, '\n') - 1), {title_words:Array(String)}),
            multiSearchAllPositions(substring(folded, position(folded, '\n') + 1), {text_words:Array(String)})
        )[abs(place)] > 0) = (place > 0), clause),
        {clauses:Array(Array(Int32))}))
