package trend

// Questions are all shipped questions in the order of their places, for lists
// and reference pages; it needs no engine.
func Questions() ([]Question, error) {
	t, err := New(Config{}, Deps{})
	if err != nil {
		return nil, err
	}
	var out []Question
	for _, name := range t.Names() {
		out = append(out, t.questions[name])
	}
	return out, nil
}
