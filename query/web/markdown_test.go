package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestMarkdown(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"heading":    {"## 检索 `q`", "<h2>检索 <code>q</code></h2>"},
		"paragraph":  {"一行\n二行\n\n三行", "<p>一行 二行</p>\n<p>三行</p>"},
		"list":       {"- 甲\n  续\n- 乙", "<ul>\n<li>甲 续</li>\n<li>乙</li>\n</ul>"},
		"numbered":   {"1. 甲\n2. 乙", "<ol>\n<li>甲</li>\n<li>乙</li>\n</ol>"},
		"code":       {"```\na < b\n```", "<pre tabindex=\"0\"><code>a &lt; b\n</code></pre>"},
		"open fence": {"```\na", "<pre tabindex=\"0\"><code>a\n</code></pre>"},
		"indented":   {"    qianliyan serve", "<pre tabindex=\"0\"><code>qianliyan serve\n</code></pre>"},
		"table":      {"| 键 | 值 |\n|---|---|\n| a | **b** |", "<div class=\"scroll\"><table class=\"table\">\n<tr><th>键</th><th>值</th></tr>\n<tr><td>a</td><td><strong>b</strong></td></tr>\n</table></div>"},
		"page link":  {"见 [配置](../reference/config.md)", `<p>见 <a href="/help/config">配置</a></p>`},
		"local link": {"[检索](/search?q=a)", `<p><a href="/search?q=a">检索</a></p>`},
		"far link":   {"[外站](https://example.org/)", "<p>外站</p>"},
		"script":     {"[点](javascript:alert(1)) <script>x</script>", "<p>[点](javascript:alert(1)) &lt;script&gt;x&lt;/script&gt;</p>"},
		"slashes":    {"[点](//example.org)", "<p>点</p>"},
	} {
		if got := strings.TrimSpace(string(markdown(c.in))); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// FuzzMarkdown: whatever is written, only our own tags come out, and links
// lead nowhere but here.
func FuzzMarkdown(f *testing.F) {
	f.Add("# a\n- b\n  c\n| d | e |\n```\n<f>\n")
	f.Add("[x](/y?z=\"onclick) **<b>** `<i>`")
	f.Fuzz(func(t *testing.T, src string) {
		z := html.NewTokenizer(strings.NewReader(string(markdown(src))))
		for {
			kind := z.Next()
			if kind == html.ErrorToken {
				return
			}
			if kind != html.StartTagToken {
				continue
			}
			tok := z.Token()
			switch tok.Data {
			case "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "pre", "code", "div", "table", "tr", "th", "td", "strong", "a":
			default:
				t.Fatalf("%q gives the tag %q", src, tok.Data)
			}
			for _, a := range tok.Attr {
				if a.Key == "href" && (!strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "//")) || strings.HasPrefix(a.Key, "on") {
					t.Fatalf("%q gives the attribute %s=%q", src, a.Key, a.Val)
				}
			}
		}
	})
}
