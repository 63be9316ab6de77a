package freesewing

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/muster-accounts/muster"
)

// export is GET /account/export/{jwt|key}. The original answers the address
// of a file that anybody can read who knows it; clients follow it as a link. A
// data URI is as good a link, and nobody else's.
func (d *Dialect) export(ctx context.Context, c muster.Caller, _ request) (answer, error) {
	all, err := d.core.Export(ctx, c, muster.RefID(c.Account))
	if err != nil {
		return answer{}, err
	}
	text, err := json.Marshal(all)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, Result: "success", Data: "data:application/json;base64," + base64.StdEncoding.EncodeToString(text)}, nil
}

// nothing is what the original answers where it has nothing to say.
type nothing struct{}

// restrict is GET and POST /account/restrict/{jwt|key}.
func (d *Dialect) restrict(ctx context.Context, c muster.Caller, _ request) (answer, error) {
	_, err := d.core.Restrict(ctx, c)
	return answer{status: http.StatusOK, Result: "success", Data: nothing{}}, err
}

// remove is DELETE /account/{jwt|key}.
func (d *Dialect) remove(ctx context.Context, c muster.Caller, _ request) (answer, error) {
	_, err := d.core.Erase(ctx, c, muster.RefID(c.Account), 0)
	return answer{status: http.StatusOK, Result: "success", Data: nothing{}}, err
}
