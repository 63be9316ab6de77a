// Package mail words and sends what people are told by e-mail: that an address
// is to be confirmed, how to sign in, what happened to their account. Compose
// makes a Message of a Kind from the templates; a Sender hands it to an SMTP
// server, or leaves it in a folder.
//
// When something is sent, and again after a temporary failure, is the caller's
// business. A message that is sent twice has the same id both times.
package mail
