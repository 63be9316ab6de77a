package communifire

import (
	"context"
	"errors"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// How many users a page has where nobody says, as in the vendor's app, and how
// many at most.
const (
	usualPage = 15
	largePage = 1000
)

// users is GET /api/users: a page of users by id, of all or of those that a
// text finds. What sortorder means nobody documents; only 0 was ever seen.
func (d *Dialect) users(ctx context.Context, c muster.Caller, in request) (any, error) {
	size, err := in.query.number(usualPage, 1, largePage, "PageLength")
	if err != nil {
		return nil, err
	}
	page, err := in.query.number(1, 1, core.MaxSkip/size+1, "StartPage", "Page")
	if err != nil {
		return nil, err
	}
	text, err := in.query.one("UserName")
	if err != nil {
		return nil, err
	}
	found, err := d.core.List(ctx, c, core.ListQuery{Text: text, Skip: (page - 1) * size, Take: int(size)})
	if e, ok := errors.AsType[*muster.Error](err); ok {
		return nil, named(e, map[string]string{"text": "UserName"})
	}
	if err != nil {
		return nil, err
	}
	users, err := d.shown(ctx, c, found.Accounts...)
	if err != nil {
		return nil, err
	}
	return list(users, found.Total), nil
}
