// Package intake is what comes and goes in bulk: a whole community as a file
// that any program can read, and back.
//
// Such a file is NDJSON: a JSON object a line, in UTF-8, each with one member,
// which is named for what it is - core.Record and the types it leads to are
// its description. The first line is the community, the last one, "end",
// counts the others, so that a file that was cut short is known. The same data
// gives the same file, to the byte. What the database keeps is in it, but for
// what leftOut names in the tests, with the reason.
//
// For people there is CSV as well, of living accounts alone, which is not read
// again.
package intake
