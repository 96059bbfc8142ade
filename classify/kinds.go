package classify

import "qianliyan/classify/taxonomy"

// kind is one line of the table.
type kind struct {
	name string
	open func(Config, *taxonomy.Taxonomy) (Classifier, error)
}

// kinds is the table of classifiers, in running order.
func kinds() []kind {
	return []kind{}
}
