// Package seal keeps secrets: the server's own secret with the keys derived
// from it, the hashes under which API credentials and passwords are stored,
// the tokens of those who have signed in, and files that hold secrets.
package seal
