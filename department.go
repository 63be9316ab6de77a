package muster

// Department groups ranks, which name it by its label. A rank may name one
// that nobody has defined; a definition gives it an id that stays, a second
// label and its place among the others.
type Department struct {
	ID       string `json:"id"`
	Label    string `json:"label"` // unique in the community
	LabelTwo string `json:"label_two,omitempty"`
}

// DefinitionID is what the department is found by.
func (d Department) DefinitionID() string { return d.ID }

// Validate checks what a person may set.
func (d Department) Validate() error {
	if err := checkID("id", d.ID); err != nil {
		return err
	}
	if err := checkID("label", d.Label); err != nil {
		return err
	}
	if err := checkLine("label", d.Label, maxName); err != nil {
		return err
	}
	return checkLine("label_two", d.LabelTwo, maxName)
}
