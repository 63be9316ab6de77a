package main

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/docs"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/dialect/communifire"
	"github.com/muster-accounts/muster/internal/dialect/freesewing"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
	"github.com/muster-accounts/muster/internal/guide"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
)

// dialect is a foreign API that the program can serve.
type dialect struct {
	name     string
	fields   func() []muster.Field // what its clients expect an account to have
	switches []muster.Switch       // what it leaves to a community
	mount    func(parts) httpd.Mount
}

// parts are what dialects are made of.
type parts struct {
	core      *core.Core
	door      *limit.Door
	publicURL string // empty: links lead to the host that a client asked
	log       *slog.Logger
}

var dialects = []dialect{
	{name: sonoran.Name, fields: sonoran.Fields, switches: sonoran.Switches(), mount: mountSonoran},
	{name: communifire.Name, fields: communifire.Fields, switches: communifire.Switches(), mount: mountCommunifire},
	{name: freesewing.Name, fields: freesewing.Fields, switches: freesewing.Switches(), mount: mountFreeSewing},
	{name: rest.Name, fields: rest.Fields, switches: rest.Switches(), mount: mountRest},
}

func mountSonoran(p parts) httpd.Mount {
	d := sonoran.New(p.core, p.door, time.Now, p.log)
	return httpd.Mount{
		Name: "Sonoran CMS v1 and v2", Contract: sonoran.Contract, Spec: sonoran.Spec,
		Routes: d.Routes(), Prefixes: d.Prefixes(), Handler: d, Refuse: d.Refuse,
	}
}

func mountCommunifire(p parts) httpd.Mount {
	d := communifire.New(p.core, p.door, p.log)
	return httpd.Mount{
		Name: "Communifire (Axero)", Contract: communifire.Contract, Spec: communifire.Spec,
		Routes: d.Routes(), Prefixes: d.Prefixes(), FoldCase: true, Handler: d, Refuse: d.Refuse, Metrics: d.Collectors(),
	}
}

func mountFreeSewing(p parts) httpd.Mount {
	d := freesewing.New(p.core, p.door, time.Now, p.publicURL, p.log)
	return httpd.Mount{
		Name: "FreeSewing", Contract: freesewing.Contract, Spec: freesewing.Spec,
		Routes: d.Routes(), Prefixes: d.Prefixes(), Handler: d, Refuse: d.Refuse,
	}
}

func mountRest(p parts) httpd.Mount {
	d := rest.New(p.core, p.door, p.log)
	return httpd.Mount{
		Name: "Muster's own API", Contract: rest.Contract, Spec: rest.Spec,
		Routes: d.Routes(), Prefixes: d.Prefixes(), Handler: d, Refuse: d.Refuse, MaxBody: rest.MaxBulk, Stop: d.Stop,
	}
}

// mountGuide serves the guides, and the mounts' contracts as pages.
func mountGuide(ctx context.Context, mounts []httpd.Mount) (httpd.Mount, error) {
	var contracts []guide.Contract
	for _, m := range mounts {
		if m.Contract != "" {
			contracts = append(contracts, guide.Contract{Name: strings.TrimSuffix(path.Base(m.Contract), ".yaml"), Title: m.Name, Path: m.Contract})
		}
	}
	g, err := guide.New(ctx, docs.Files, contracts)
	return httpd.Mount{Name: "Guides and API descriptions", Page: guide.Prefix, Routes: guide.Routes, Prefixes: []string{guide.Prefix}, Handler: g}, err
}

// fieldsOf are the built-in fields of the named dialects.
func fieldsOf(names []string) (fields []muster.Field, err error) {
	for _, name := range names {
		d, err := dialectNamed(name)
		if err != nil {
			return nil, err
		}
		fields = append(fields, muster.Missing(d.fields(), fields)...)
	}
	return fields, nil
}

// switchNamed finds a switch of any dialect.
func switchNamed(name string) (muster.Switch, error) {
	var known []string
	for _, d := range dialects {
		for _, s := range d.switches {
			if s.Name == name {
				return s, nil
			}
			known = append(known, s.Name)
		}
	}
	return muster.Switch{}, misuse(fmt.Sprintf("there is no switch %q; there are: %s", name, strings.Join(known, ", ")))
}

func dialectNamed(name string) (dialect, error) {
	var known []string
	for _, d := range dialects {
		if d.name == name {
			return d, nil
		}
		known = append(known, d.name)
	}
	return dialect{}, fmt.Errorf("there is no dialect %q; there are: %s", name, strings.Join(known, ", "))
}
