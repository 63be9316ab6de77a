// Package seal keeps secrets: the server's own secret with the keys derived
// from it, the hashes under which API credentials are stored, and files that
// hold secrets.
package seal
