// Package deliver is what goes out: it tells a community's game servers what
// becomes of its accounts.
//
// Every Change leaves a row in the outbox, in its own transaction. The
// dispatcher takes the rows, in the order of the changes, and makes of each a
// delivery for every destination there is; then it sends, and tries again
// what did not arrive. Both are rows, so nothing is lost where the process
// ends in between. An event may come twice: where its answer was lost. Those
// of one account come in order: the next one is not sent before the last one
// arrived, or was given up after a day.
//
// How an event is worded, and which answer means that it arrived, is a
// dialect's business; the program hands that in, by kind of destination.
// Which addresses may be called is settled here, when they are dialled.
package deliver
