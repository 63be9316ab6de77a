// Package avatar makes pictures of accounts out of whatever people upload:
// checks them by their content, bounds what is decoded, turns and shrinks
// them, and encodes them anew, so that nothing but the picture is left - no
// place, no camera, no script.
package avatar
