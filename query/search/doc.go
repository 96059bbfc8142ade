// Package search turns what people type into hits with marked passages.
//
// # The query language
//
//	路灯 东街            both, anywhere in title or text; ，。；！？、 part words as a space does; also 且 并且 AND
//	"路灯，坏了"         exactly so, white space aside; also “ ” 「 」 『 』
//	-广告               not; also NOT
//	路灯 或 井盖         either; also 或者 OR |, and it binds less than a space
//	东街 (路灯 或 井盖)   brackets
//	标题:路灯 正文:东街   in the title, in the text; also before a phrase or a bracket
//
// Width and case of letters do not matter, nor does white space inside words:
// operators and words may be typed in full width. A word is any run of
// characters, not a dictionary word: 灯坏 finds 路灯坏了, 3区 finds A3区, one
// character is enough. What is found holds the words, and what holds them is
// found: totals and counts are exact (see index/fulltext for how).
//
// A mistake is an *item.Problem that names the character where it lies. Only
// the names above stand before a colon: 单位:教育局 finds these very characters,
// and Result.Understood says that a unit is chosen in the filter.
//
// Of a text of more than 64 KiB marks and passages see the beginning, or the
// surroundings of the first word further on; finding sees all of it.
//
// Result.Understood says in Chinese how the query was read.
//
// # Order
//
// With words the best hit comes first: BM25 over words and pairs of
// characters, title above text. Without words, the newest. Pages follow one
// another by the last hit's place, not by number, so that what arrives
// meanwhile moves nothing. Order by relevance is the exception: scores change
// a little as items arrive, and a hit may then be seen twice or missed.
//
// # Similar texts
//
// Request.Loose asks for items that share any word with the query, best
// first: for "what was said of this before", where no text holds every word.
//
// # How good it is
//
// testdata/relevance holds small letters and questions written for it;
// testdata/scoreboard.txt says at which place the right letter stands. A
// change of ranking shows there: go test ./query/search -update. A benchmark
// does the same over real letters where these are at hand.
//
// # What does not belong here
//
// Questions that count over time belong to query/trend: a search walks every
// hit. Rights belong to query/access: this package answers whoever asks.
package search
