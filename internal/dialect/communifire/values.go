package communifire

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// dateLayouts are the spellings of dates besides the one that is kept: .NET's,
// and the month first as the product's own pages show it. A year of two digits
// is none of them, since nobody knows what 01/02/03 means.
var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "1/2/2006", "1/2/2006 3:04:05 PM"}

// valueOf reads the text form of a field's value. The vendor's clients send
// everything as text; what is no form of the field's type goes to the core as
// it is, which refuses it. null, "" and an empty list clear.
func valueOf(f muster.Field, v any) (muster.Value, error) {
	if items, ok := v.([]any); ok {
		return listOf(items)
	}
	if _, ok := v.(map[string]any); ok {
		return nil, muster.Errorf(muster.Invalid, "", "must be a text or a list of texts")
	}
	text, err := textOf(v)
	if err != nil || text == "" {
		return nil, err
	}
	switch f.Type {
	case muster.TypeBoolean:
		return booleanOf(text), nil
	case muster.TypeNumber:
		digits := strings.TrimSpace(text)
		if n, err := muster.ValueOf(json.Number(digits)); err == nil && strings.Trim(digits, "0123456789+-.eE") == "" {
			return n, nil
		}
	case muster.TypeDate:
		return muster.Text(dateOf(text)), nil
	case muster.TypeTextList, muster.TypeMultiChoice:
		return splitList(f, text), nil
	case muster.TypeChoice, muster.TypeURL, muster.TypeAccount, muster.TypeTimeZone:
		return muster.Text(strings.TrimSpace(text)), nil
	}
	return muster.Text(text), nil
}

func booleanOf(text string) muster.Value {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "yes":
		return muster.Bool(true)
	case "false", "0", "no":
		return muster.Bool(false)
	}
	return muster.Text(text)
}

func dateOf(text string) string {
	text = strings.TrimSpace(text)
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return text
}

// listOf is a list of texts. A list for a field that holds one is refused by
// the core.
func listOf(items []any) (muster.Value, error) {
	if len(items) == 0 {
		return nil, nil
	}
	list := make(muster.List, len(items))
	for i, item := range items {
		text, err := textOf(item)
		if err != nil {
			return nil, err
		}
		list[i] = text
	}
	return list, nil
}

// splitList reads a list by comma. An option may have a comma in it, so a text
// that is an option as it stands is that one.
func splitList(f muster.Field, text string) muster.Value {
	if slices.Contains(f.Options, text) {
		return muster.List{text}
	}
	list := muster.List{}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}
