package intake

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// columns are those that every community has; one for each field follows,
// named by the field's key.
var columns = []string{
	"id", "number", "username", "email", "name", "bio", "language", "joined", "active", "archived", "banned", "ban_reason", "ban_until",
	"sign_in", "level", "ranks", "identities", "joined_at", "last_login", "created_at", "updated_at",
}

// accountsAtOnce is how many accounts are read at a time.
const accountsAtOnce = 1000

// ExportCSV writes the living accounts of a community for spreadsheets, by
// number: RFC 4180 with a line of names, times as in RFC 3339, what there are
// several of with "; " between. step is called for each account.
func ExportCSV(ctx context.Context, c *core.Core, caller muster.Caller, out io.Writer, step func()) error {
	catalogue, err := c.Catalogue(ctx, caller)
	if err != nil {
		return err
	}
	w := csv.NewWriter(out)
	names := append([]string{}, columns...)
	for _, f := range catalogue.Fields {
		names = append(names, f.Key)
	}
	if err := w.Write(names); err != nil {
		return err
	}
	for last := int64(-1); ; {
		list, err := c.Accounts(ctx, caller, last, accountsAtOnce)
		if err != nil {
			return err
		}
		for _, v := range list {
			row := cells(v)
			for _, f := range catalogue.Fields {
				row = append(row, cell(v.Values[f.ID]))
			}
			if err := w.Write(row); err != nil {
				return err
			}
			step()
			last = v.Number
		}
		if len(list) < accountsAtOnce {
			break
		}
	}
	w.Flush()
	return w.Error()
}

func cells(v core.View) []string {
	var ban muster.Ban
	if v.Standing.Ban != nil {
		ban = *v.Standing.Ban
	}
	ranks := make([]string, len(v.Held))
	for i, r := range v.Held {
		ranks[i] = r.Label
	}
	identities := make([]string, len(v.Identities))
	for i, id := range v.Identities {
		identities[i] = id.Provider + ":" + id.Value
	}
	s := v.Standing
	return []string{
		string(v.ID), strconv.FormatInt(v.Number, 10), v.Username, v.Email, v.Name, v.Bio, v.Language,
		strconv.FormatBool(s.Joined), strconv.FormatBool(s.Active), strconv.FormatBool(s.Archived), strconv.FormatBool(s.Ban != nil), ban.Reason, moment(ban.Until),
		string(s.SignIn), strconv.Itoa(int(s.SignsInAt())), strings.Join(ranks, "; "), strings.Join(identities, "; "),
		moment(v.JoinedAt), moment(v.LastLogin), moment(v.CreatedAt), moment(v.UpdatedAt),
	}
}

func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

func cell(v muster.Value) string {
	switch v := v.(type) {
	case muster.Text:
		return string(v)
	case muster.List:
		return strings.Join(v, "; ")
	case muster.Number, muster.Bool:
		text, _ := json.Marshal(v) // it never fails
		return string(text)
	default: // none, or one that waits for somebody, which nobody is shown
		return ""
	}
}
