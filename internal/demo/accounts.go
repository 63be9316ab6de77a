package demo

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// Accounts are all accounts of the world, those of the printed examples first.
func Accounts() []core.NewAccount {
	list := []core.NewAccount{page(), v1Account()}
	g := generator{source: rand.NewPCG(2026, 415), usernames: map[string]int{}}
	g.Rand = rand.New(g.source) //nolint:gosec // it has to be the same every time
	for i := range citizens {
		list = append(list, g.citizen(i))
	}
	return append(list, intranetAccount())
}

// page is the account of the vendor's page "Set Account Ranks".
func page() core.NewAccount {
	return core.NewAccount{
		ID: PageID, Number: PageNumber, JoinedAt: Now(), LastLogin: Now(),
		Clock: []muster.ClockRow{{ID: pageClockRow, Type: "patrol", Start: Now(), Notes: []string{}}},
		Edit: muster.Edit{
			Username: muster.Some(PageUsername), Name: muster.Some("Example Community"),
			Ranks: muster.RankEdit{Add: []muster.RankID{PageRank}},
			Identities: muster.IdentityEdit{Add: []muster.Identity{
				{ID: pageDiscordRow, Provider: muster.ProviderDiscord, Value: "1234567890", Verified: true, CreatedAt: Now()},
				{ID: pageRobloxRow, Provider: muster.ProviderRoblox, Value: "987654321", Verified: true, CreatedAt: Now()},
			}},
		},
	}
}

// v1Account is the account of the vendor's v1 pages, before their call: it holds
// no ranks and no certifications yet.
func v1Account() core.NewAccount {
	return core.NewAccount{
		ID: V1ID, Number: V1Number, JoinedAt: Now().AddDate(0, -3, 0), LastLogin: Now(),
		Edit: muster.Edit{
			Username: muster.Some(V1Username), Name: muster.Some("Robin Quill"),
			Identities: muster.IdentityEdit{Add: []muster.Identity{
				{ID: v1APIRow, Provider: muster.ProviderAPI, Value: V1APIID, Verified: true, CreatedAt: Now()},
				{ID: v1DiscordRow, Provider: muster.ProviderDiscord, Value: V1Discord, Verified: true, CreatedAt: Now()},
			}},
		},
	}
}

// intranetAccount is the account of Communifire's page, before its call.
func intranetAccount() core.NewAccount {
	return core.NewAccount{
		ID: IntranetID, Number: IntranetNumber, JoinedAt: Now().AddDate(-1, 0, 0), LastLogin: Now(),
		Edit: muster.Edit{
			Username: muster.Some(IntranetUsername), Name: muster.Some("Casey Marlow"),
			Email: muster.Some(IntranetUsername + "@example.org"), Language: muster.Some("en-US"),
			Bio: muster.Some("Looks after the harbour office."),
			Values: muster.Values{
				company: muster.Text("Old Harbour Trading"), phone: muster.Text("5625550100"), shares: muster.Bool(true),
				timeZone: muster.Text("America/Los_Angeles"),
			},
			Ranks: muster.RankEdit{Add: []muster.RankID{PageRank}},
		},
	}
}

// generator invents people. What it draws, and in which order, decides who
// they are: a change here makes other people of all who follow.
type generator struct {
	*rand.Rand
	source    *rand.PCG
	usernames map[string]int
	ids       []muster.AccountID
}

var (
	givenNames = strings.Fields(`Adair Bram Cosima Dario Elin Faye Gideon Hana Ines Jonah Kaia Leif Mara Nico Odile Petra Quentin Rhea
		Soren Talia Ulla Vito Wren Xenia Yara Zeno Anouk Basil Clio Desmond Esme Fabian Greta Hugo Isolde Jasper Katya Linus Mireille Noor`)
	familyNames = strings.Fields(`Abernale Bexwood Calloran Dunmarsh Eastry Farrowby Glenhollow Harkness Ivorsen Jarrett Kestrel Lindqvale
		Marchetti Northgate Okonjo Pemberlin Quarrell Ravensby Saltmarsh Thornwick Underhay Vasquell Wetherby Yarrowden Zellinger Ashgrove
		Brightwater Coldwell Driftmore Elderfen Foxcombe Grayling Hollins Inkpen Juniper Kirkmoor`)
)

func (g *generator) citizen(i int) core.NewAccount {
	given, family := pick(g, givenNames), pick(g, familyNames)
	username := strings.ToLower(given + "." + family)
	g.usernames[username]++
	if n := g.usernames[username]; n > 1 {
		username += fmt.Sprint(n)
	}
	joined := Now().Add(-g.span(4 * 365 * 24 * time.Hour))
	a := core.NewAccount{ID: muster.AccountID(g.uuid()), Number: int64(firstCitizen + i), Custom: g.chance(3), JoinedAt: joined}
	if !g.chance(10) {
		a.LastLogin = joined.Add(g.span(Now().Sub(joined)))
	}
	e := &a.Edit
	e.Username, e.Name = muster.Some(username), muster.Some(given+" "+family)
	if g.chance(60) {
		e.Email = muster.Some(username + "@example.org")
	}
	if g.chance(30) {
		e.Bio = muster.Some(fmt.Sprintf("%s is often found at the station in the small hours.", given))
	}
	e.Language = muster.Some(pick(g, languages))
	e.Values = g.values(joined)
	e.Identities.Add = g.identities(i, username, joined)
	g.place(e)
	g.ids = append(g.ids, a.ID)
	return a
}

// place decides how somebody stands. Whoever was banned or has left holds no
// ranks.
func (g *generator) place(e *muster.Edit) {
	switch roll := g.IntN(100); {
	case roll < 4:
		e.Standing.Ban = muster.Some(&muster.Ban{Reason: pick(g, banReasons)})
	case roll < 10:
		e.Standing.Archived, e.Standing.Joined = muster.Some(true), muster.Some(false)
	case roll < 18: // waits for a first rank
	default:
		e.Ranks.Add = g.ranks()
	}
}

// ranks are one to three different ones, the powerful ones rarely.
func (g *generator) ranks() []muster.RankID {
	all := Ranks()
	held := []muster.RankID{PageRank}
	for range 1 + g.IntN(2) {
		r := pick(g, all)
		if int64(g.IntN(120)) > r.Power && r.ID != PageRank {
			held = append(held, r.ID)
		}
	}
	return held
}

func (g *generator) values(joined time.Time) muster.Values {
	v := muster.Values{
		callSign: muster.Text(fmt.Sprintf("%d-%c-%02d", 1+g.IntN(9), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[g.IntN(26)], g.IntN(100))),
		shift:    muster.Text(pick(g, shifts)),
		hours:    muster.Number(g.IntN(2000)),
		hired:    muster.Text(joined.Format(time.DateOnly)),
		timeZone: muster.Text(pick(g, zones)),
	}
	if g.chance(50) {
		v[Certifications] = g.some(certNames)
	}
	if g.chance(40) {
		v[units] = g.some(unitNames)
	}
	if g.chance(30) {
		v[trainer] = muster.Bool(g.chance(50))
	}
	if g.chance(15) {
		v[website] = muster.Text(fmt.Sprintf("https://www.example.org/people/%d", g.IntN(10_000)))
	}
	if g.chance(15) {
		v[background] = muster.Text("Came from another community.\nHas asked for a quiet shift.")
	}
	if g.chance(25) && len(g.ids) > 0 {
		v[mentor] = muster.Text(pick(g, g.ids))
	}
	return v
}

// identities are names that only i has, and now and then an address that
// several share.
func (g *generator) identities(i int, username string, joined time.Time) (list []muster.Identity) {
	add := func(percent int, provider, value string, verified bool) {
		if g.chance(percent) {
			list = append(list, muster.Identity{ID: g.uuid(), Provider: provider, Value: value, Verified: verified, CreatedAt: joined})
		}
	}
	add(70, muster.ProviderDiscord, fmt.Sprintf("30%04d%012d", i, g.Int64N(1_000_000_000_000)), true)
	add(25, muster.ProviderRoblox, fmt.Sprintf("4%04d%05d", i, g.IntN(100_000)), true)
	add(30, "steam", fmt.Sprintf("1100001%04x%04x", i, g.IntN(1<<16)), g.chance(50))
	add(20, muster.ProviderAPI, "api-"+username, false)
	add(20, "ip", fmt.Sprintf("203.0.113.%d", 1+g.IntN(40)), false)
	return list
}

// some are one to three texts of a list, in its order.
func (g *generator) some(all []string) muster.List {
	start, n := g.IntN(len(all)), 1+g.IntN(3)
	return append(muster.List{}, all[start:min(start+n, len(all))]...)
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// span is a duration below limit, in whole seconds.
func (g *generator) span(limit time.Duration) time.Duration {
	return time.Duration(g.Int64N(max(int64(limit/time.Second), 1))) * time.Second
}

// uuid is a version 4 UUID; real clients drop others.
func (g *generator) uuid() string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], g.source.Uint64())
	binary.BigEndian.PutUint64(id[8:], g.source.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }
