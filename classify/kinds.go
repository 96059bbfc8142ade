package classify

import (
	"qianliyan/classify/form"
	"qianliyan/classify/region"
	"qianliyan/classify/taxonomy"
	"qianliyan/classify/topic"
	"qianliyan/classify/urgency"
)

// kind is one line of the table.
type kind struct {
	name string
	open func(Config, *taxonomy.Taxonomy) (Classifier, error)
}

// kinds is the table of classifiers, in running order.
func kinds() []kind {
	return []kind{
		{"topic", func(c Config, _ *taxonomy.Taxonomy) (Classifier, error) {
			return topic.New(topic.Config{Model: c.TopicModel, Rules: c.Rules})
		}},
		{"urgency", func(c Config, _ *taxonomy.Taxonomy) (Classifier, error) { return urgency.New(c.Rules) }},
		{"region", func(c Config, t *taxonomy.Taxonomy) (Classifier, error) { return region.New(t, c.Home) }},
		{"form", func(c Config, _ *taxonomy.Taxonomy) (Classifier, error) { return form.New(c.Rules) }},
	}
}
