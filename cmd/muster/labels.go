package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/dialect/communifire"
)

// labelled are the fields that the heading row of a CSV file names, in its
// order.
func labelled(path string) ([]muster.Field, error) {
	labels, err := headingRow(path)
	if err != nil {
		return nil, fmt.Errorf("the heading row of %s: %w", path, err)
	}
	keys := map[string]bool{}
	return communifire.Labelled(labels, func(label string) muster.Field {
		key := slug(label)
		if key == "" { // it has letters of another script only
			key = "field"
		}
		for name, n := key, 2; keys[key]; n++ {
			key = name + "_" + strconv.Itoa(n)
		}
		keys[key] = true
		f := newField(muster.FieldID(uuid.NewString()))
		f.Key, f.Label = key, label
		return f
	}), nil
}

// headingRow are the cells of a CSV file's first row.
func headingRow(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	labels, err := csv.NewReader(file).Read()
	if errors.Is(err, io.EOF) {
		err = errors.New("there is none")
	}
	if err != nil {
		return nil, err
	}
	labels[0] = strings.TrimPrefix(labels[0], "\ufeff")
	for i, label := range labels {
		labels[i] = strings.TrimSpace(label)
		switch {
		case labels[i] == "":
			return nil, fmt.Errorf("the column %d has no label", i+1)
		case slices.Contains(labels[:i], labels[i]):
			return nil, fmt.Errorf("the label %s stands in it twice", muster.Quote(labels[i]))
		}
	}
	return labels, nil
}
