package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// page is a page of a list; Next is where the next one is, where there is one.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// pages goes through a list, page by page. It ends at the first error, which is the last that it yields.
func pages[T any](ctx context.Context, c *Client, query url.Values, path ...string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		cursor := ""
		for {
			var got page[T]
			r := newCall(http.MethodGet, &got, nil, path...)
			for name, values := range query {
				r.query[name] = values
			}
			if cursor != "" {
				r.query.Set("cursor", cursor)
			}
			if _, err := c.do(ctx, r); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range got.Items {
				if !yield(item, nil) {
					return
				}
			}
			if cursor = got.Next; cursor == "" {
				return
			}
		}
	}
}

// pageSize asks for pages of so many items.
func pageSize(query url.Values, size int) {
	if size != 0 {
		query.Set("limit", strconv.Itoa(size))
	}
}
