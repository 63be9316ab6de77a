package sonoran

import (
	"context"
	"strings"

	"github.com/muster-accounts/muster"
)

// The plan that every community has here: the vendor's highest, so that no
// client withholds anything.
const (
	subVersion = 5
	tier       = "SONORANONE"
)

// getSubVersion's JavaScript client asks at start, and ends the bot's process
// where the answer is an error.
func (d *Dialect) getSubVersion(context.Context, muster.Caller, entry) (any, error) {
	return subVersion, nil
}

func (d *Dialect) getDepartments(ctx context.Context, c muster.Caller, _ entry) (any, error) {
	list, err := d.core.Departments(ctx, c)
	return departmentsOf(list), err
}

// lookUpCommunity answers the key's own community; others are nobody's to
// look at.
func (d *Dialect) lookUpCommunity(ctx context.Context, c muster.Caller, e entry) (any, error) {
	return d.lookup(ctx, c, e.object)
}

func (d *Dialect) lookup(ctx context.Context, c muster.Caller, o object) (any, error) {
	community, err := d.community(ctx, c)
	if err != nil {
		return nil, err
	}
	for name, is := range map[string]string{"id": community.ID, "uuid": community.UUID} {
		wanted, err := o.text(name)
		if err != nil {
			return nil, err
		}
		if wanted != "" && !strings.EqualFold(wanted, is) {
			return nil, muster.Errorf(muster.NotFound, name, "no community of this key has the %s %q", name, wanted)
		}
	}
	return community, nil
}

// communityRow is a community as v2's page shows it.
type communityRow struct {
	ID         string `json:"id"`
	UUID       string `json:"uuid"`
	Name       string `json:"name"`
	SubVersion int    `json:"subVersion"`
	Tier       string `json:"tier"`
	Servers    int    `json:"servers"` // how many
}

func (d *Dialect) community(ctx context.Context, c muster.Caller) (communityRow, error) {
	community, err := d.core.OwnCommunity(ctx, c)
	if err != nil {
		return communityRow{}, err
	}
	servers, err := d.core.Servers(ctx, c)
	return communityRow{string(community.ID), community.UUID, community.Name, subVersion, tier, len(servers)}, err
}

func (d *Dialect) flows(ctx context.Context, c muster.Caller) (any, error) {
	community, err := d.core.OwnCommunity(ctx, c)
	if err != nil {
		return nil, err
	}
	list, err := d.core.Flows(ctx, c)
	return flowsOf(community.UUID, list), err
}
