// Package seal keeps secrets: the server's own secret with the keys derived
// from it, what is sealed with those before it is stored, the hashes under
// which API credentials and passwords are kept, the tokens of those who have
// signed in, one-time codes, and files that hold secrets.
package seal
