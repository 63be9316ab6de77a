package rest

import "strings"

// instead says what could have been meant by a name that is not known: the one
// that is nearest to it, or else all that there are.
func instead(name string, names []string) string {
	if len(names) == 0 {
		return "; none can"
	}
	const far = 3
	nearest, least := "", far
	for _, n := range names {
		if d := distance(name, n, least); d < least && d < len(n) {
			nearest, least = n, d
		}
	}
	if nearest != "" {
		return "; did you mean " + nearest + "?"
	}
	return "; there are " + strings.Join(names, ", ")
}

// distance is how many letters must be put in, left out or changed to make one
// name the other, or limit where that is fewer.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			here := before
			if a[i] != b[j] {
				here++
			}
			before = row[j+1]
			row[j+1] = min(here, before+1, row[j]+1)
		}
	}
	return min(row[len(b)], limit)
}
