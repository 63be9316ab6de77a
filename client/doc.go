// Package client calls a Muster server by its own API, /muster/v1.
//
//	c, err := client.New("https://muster.example.org", key)
//	ada, err := c.Account(ctx, client.Identity("discord", "1234"))
//	ada, err = c.EditAccount(ctx, client.ID(ada.ID), client.Edit{Name: muster.Some("Ada")}, client.IfRev(ada.Rev))
//
// Lists are iterators, which fetch page by page as they are read:
//
//	for account, err := range c.Accounts(ctx, client.AccountFilter{Rank: []muster.RankID{"chief"}}) { ... }
//
// The words are those of package muster: fields, ranks, values and the like are its types. Where something may be left
// alone, cleared or set, it is a [muster.Opt]: one that is not set is not sent.
//
// What a server refuses is an [*Error], which says why, and which members are at fault. It is matched by errors.Is with
// [ErrNotFound] and its like, and holds a [*muster.Error] for those who go by its words.
//
// A request that came to nothing is sent again, three times at most: where it was not sent at all, where the server
// asks for patience (429, for as long as it says), and, where the connection was cut or the server cannot work (502, 503,
// 504), if it may come twice. Reads may; each POST has an Idempotency-Key, by which the server does it once. The
// context bounds all of it. Where it has no deadline, an attempt may take half a minute, and those of many changes a
// quarter of an hour.
//
// A Client may be used by many goroutines at once. It follows no redirects, so that nobody else is shown the key.
package client
