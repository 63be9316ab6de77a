package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

var (
	adminOnly = muster.Rights{Level: muster.LevelAdmin}
	everybody = muster.Rights{}
)

// hiddenFields are fields that not everybody may see: of every type whose
// values can be told from others, and by every kind of right. The two built-in
// ones are hidden by their community.
var hiddenFields = []struct {
	muster.Field
	seen []string // by whom, beside the admin; "self" is whoever holds the value, "officer" if they hold that rank
}{
	{muster.Field{ID: "h.text", Key: "secret_key", Label: "A secret", Type: muster.TypeText, See: adminOnly}, nil},
	{muster.Field{ID: "h.long", Label: "A long secret", Type: muster.TypeLongText, See: adminOnly}, nil},
	{muster.Field{ID: "h.number", Label: "A secret number", Type: muster.TypeNumber, See: adminOnly}, nil},
	{muster.Field{ID: "h.date", Label: "A secret day", Type: muster.TypeDate, See: adminOnly}, nil},
	{muster.Field{ID: "h.choice", Label: "A secret choice", Type: muster.TypeChoice, See: adminOnly}, nil},
	{muster.Field{ID: "h.many", Label: "Secret choices", Type: muster.TypeMultiChoice, See: adminOnly}, nil},
	{muster.Field{ID: "h.url", Label: "A secret place", Type: muster.TypeURL, See: adminOnly}, nil},
	{muster.Field{ID: "h.boss", Label: "A secret boss", Type: muster.TypeAccount, Chart: true, See: adminOnly}, nil},
	{muster.Field{ID: "h.waits", Label: "Whom to wait for", Type: muster.TypeAccount, See: adminOnly}, nil},
	{muster.Field{ID: "h.default", Label: "A secret default", Type: muster.TypeText, Default: muster.Text("walrus-default"), See: adminOnly}, nil},
	{muster.Field{ID: "communifire.interests", Label: "Interests", Type: muster.TypeTextList, See: adminOnly}, nil},
	{muster.Field{ID: "freesewing.github", Label: "GitHub username", Type: muster.TypeText, See: adminOnly}, nil},
	{muster.Field{ID: "h.curated", Label: "For curators", Type: muster.TypeText, See: muster.Rights{Level: muster.LevelCurator}}, []string{"support"}},
	{muster.Field{ID: "h.badge", Label: "For chiefs", Type: muster.TypeText, See: muster.Rights{Level: muster.LevelAdmin, Ranks: []muster.RankID{"chief"}}}, []string{"chief"}},
	{muster.Field{ID: "h.own", Label: "My own", Type: muster.TypeText, See: muster.Rights{Level: muster.LevelAdmin, Self: true}}, []string{"self"}},
	{muster.Field{ID: "h.rank", Label: "An officer's own", Type: muster.TypeText, See: muster.Rights{Level: muster.LevelAdmin, SelfRanks: []muster.RankID{"officer"}}}, []string{"officer"}},
	{muster.Field{ID: "h.drop", Label: "A letter box", Type: muster.TypeText, See: adminOnly, Edit: muster.Rights{Level: muster.LevelWriteSome}}, nil},
	{muster.Field{ID: "h.once", Label: "Once public", Type: muster.TypeText, Default: muster.Text("walrus-once-default"), See: adminOnly}, nil},
	{muster.Field{ID: "h.gone", Label: "No more", Type: muster.TypeText, Default: muster.Text("walrus-gone-default"), See: adminOnly}, nil},
}

// hiddenOptions are those of the fields that choose: as hidden as what was
// chosen.
var hiddenOptions = []string{"walrus-option-1", "walrus-option-2", "walrus-option-3", "walrus-option-4"}

// hide defines the fields, gives the holders values, and has history of every
// kind with them in it. Of two fields the rights come later than the values.
func (w *walk) hide() {
	w.t.Helper()
	ctx := w.t.Context()
	for _, h := range hiddenFields {
		f := defined(h.Field)
		if f.Default != nil {
			w.hidden(f.ID, "", string(f.Default.(muster.Text)))
		}
		if f.ID == "h.once" || f.ID == "h.gone" {
			f.See, f.Edit = everybody, adminOnly
		}
		w.fail(w.Core.PutField(ctx, w.Admin, f))
	}
	for _, option := range hiddenOptions {
		w.hidden("h.choice", "", option)
	}
	for version := 1; version <= 3; version++ {
		w.giveValues(version)
	}
	for _, h := range hiddenFields {
		w.fail(w.Core.PutField(ctx, w.Admin, defined(h.Field)))
	}
	w.fail(w.Core.DeleteField(ctx, w.Admin, "h.gone"))
	w.live()
	w.note()
}

// defined is a hidden field as it is defined.
func defined(f muster.Field) muster.Field {
	if f.Key == "" { // with a dot it would be another dialect's own, to Communifire
		f.Key = strings.Replace(string(f.ID), "h.", "h_", 1)
	}
	if f.Type == muster.TypeChoice || f.Type == muster.TypeMultiChoice {
		f.Options = hiddenOptions
	}
	if f.Edit.Level == 0 {
		f.Edit = f.See
	}
	f.Scope = muster.ScopeProfile
	return f
}

// giveValues gives all holders values in one batch; what was there before is
// in history from then on.
func (w *walk) giveValues(version int) {
	w.t.Helper()
	var targets []core.Target
	for i, of := range holders {
		values := muster.Values{}
		for _, h := range hiddenFields {
			if h.ID != "h.default" || of.name != "spare" { // which is shown the default
				values[h.ID] = w.valueOf(h.Field, of.name, 10*i+version)
			}
		}
		targets = append(targets, core.Target{Ref: muster.RefID(of.id), Edit: muster.Edit{Values: values, Bio: muster.Some(fmt.Sprint(of.name, " ", version))}})
	}
	_, err := w.Core.Change(w.t.Context(), w.Admin, targets, core.Options{Atomic: true})
	w.fail(err)
}

// valueOf makes a value that stands nowhere else, and notes it.
func (w *walk) valueOf(f muster.Field, of string, n int) muster.Value {
	text := fmt.Sprintf("walrus-%s-%s-%d", f.ID, of, n)
	switch f.Type {
	case muster.TypeLongText:
		text += ` <b>"quoted"</b> & on` + "\n" + `two lines`
	case muster.TypeNumber:
		w.hidden(f.ID, of, strconv.Itoa(918_273_600+n))
		return muster.Number(918_273_600 + n)
	case muster.TypeDate:
		text = time.Date(1871, time.March, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	case muster.TypeChoice:
		return muster.Text(hiddenOptions[n%4])
	case muster.TypeMultiChoice:
		return muster.List{hiddenOptions[n%4], hiddenOptions[(n+1)%4]}
	case muster.TypeURL:
		text = "https://walrus.example.org/" + text + "?a=b&c=d"
	case muster.TypeAccount:
		if f.Chart {
			w.needles = append(w.needles, needle{text: bossName, leads: true}, needle{text: string(bossID), leads: true})
			return muster.Text(bossID)
		}
		w.hidden(f.ID, of, text)
		return muster.Awaited(text)
	case muster.TypeTextList:
		w.hidden(f.ID, of, text+"-b")
		w.hidden(f.ID, of, text)
		return muster.List{text, text + "-b"}
	}
	w.hidden(f.ID, of, text)
	return muster.Text(text)
}

// hidden notes a text that is to be sought.
func (w *walk) hidden(field muster.FieldID, of, text string) {
	n := needle{text: text, once: field == "h.once" || field == "h.gone"}
	for _, h := range hiddenFields {
		if h.ID != field {
			continue
		}
		for _, by := range h.seen {
			if by == "self" || by == "officer" && of != "peer" {
				by = of
			}
			n.seen = append(n.seen, by)
		}
	}
	w.needles = append(w.needles, n)
}

// live has changes undone, accounts deleted and restored, and a reference
// cleared by that and given back.
func (w *walk) live() {
	w.t.Helper()
	ctx := w.t.Context()
	newest := func() int64 {
		list, err := w.Core.History(ctx, w.Admin, core.HistoryQuery{Account: muster.RefID(peerID), Limit: 1})
		w.fail(err)
		return list[0].Seq
	}
	_, err := w.Core.Undo(ctx, w.Admin, newest(), core.UndoOptions{Force: true}) // "h.gone" cannot come back
	w.fail(err)
	_, err = w.Core.Undo(ctx, w.Admin, newest(), core.UndoOptions{Force: true})
	w.fail(err)
	_, err = w.Core.Delete(ctx, w.Admin, muster.RefID(spareID))
	w.fail(err)
	_, err = w.Core.Restore(ctx, w.Admin, muster.RefID(spareID), 0)
	w.fail(err)
	w.places = map[string]string{}
	deletion, err := w.Core.Delete(ctx, w.Admin, muster.RefID(bossID))
	w.fail(err)
	_, err = w.Core.Undo(ctx, w.Admin, deletion, core.UndoOptions{})
	w.fail(err)
	done, _, err := w.Core.ChangeBy(ctx, w.Admin, deletion)
	w.fail(err)
	w.places["deletion"] = done.Batch
	gone, err := w.Core.Create(ctx, w.Admin, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some("gone"), Values: muster.Values{"h.text": muster.Text("walrus-of-gone")}}}})
	w.fail(err)
	w.hidden("h.text", "gone", "walrus-of-gone")
	_, err = w.Core.Delete(ctx, w.Admin, muster.RefID(gone[0].ID))
	w.fail(err)
	w.places["gone"] = string(gone[0].ID)
	for n := range 2 { // which those who may write to the letter box can take back
		e := muster.Edit{Bio: muster.Some(fmt.Sprint("in the box ", n)), Values: muster.Values{"h.drop": w.valueOf(muster.Field{ID: "h.drop", Type: muster.TypeText}, "holder", 4+n)}}
		_, err := w.Core.Edit(ctx, w.Admin, muster.RefID(holderID), e)
		w.fail(err)
	}
	ranks, err := w.Core.Change(ctx, w.Admin, []core.Target{{Ref: muster.RefID(spareID), Edit: muster.Edit{Ranks: muster.RankEdit{Add: []muster.RankID{"chief"}}}}}, core.Options{})
	w.fail(err)
	w.places["undoId"] = strconv.FormatInt(ranks[0].Seq, 10)
}

// note fills in what asks name, and which changes there are.
func (w *walk) note() {
	w.t.Helper()
	list, err := w.Core.History(w.t.Context(), w.Admin, core.HistoryQuery{Limit: 1000})
	w.fail(err)
	for _, ch := range list {
		w.seqs = append(w.seqs, strconv.FormatInt(ch.Seq, 10))
		if ch.Batch != "" {
			w.places["batch"] = ch.Batch
		}
	}
	slices.Reverse(w.seqs)
	for name, text := range map[string]string{
		"ref": string(holderID), "holder": string(holderID), "accountId": string(holderID), "spare": string(spareID), "peer": string(peerID),
		"boss": string(bossID), "chief": "10000000-0000-4000-8000-000000000006", "number": "4001", "spareNumber": "4003", "discord": "555000", "discordId": "555000", "serverId": "1", "webhook": "all", "key": "key-one",
		"last": w.seqs[len(w.seqs)-1],
	} {
		w.places[name] = text
	}
	seen := map[string]bool{}
	w.needles = slices.DeleteFunc(w.needles, func(n needle) bool {
		twice := seen[n.text]
		seen[n.text] = true
		return twice
	})
}
