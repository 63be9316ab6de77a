// Package guide serves the guides that ship in the program, answers questions from them, and shows the API descriptions.
//
// It owns how a page is rendered, how it is cut into passages, and the index that finds the passages that fit a question
// best: SQLite's FTS5, in memory, made when the program starts. Nothing is asked of any other host, and the pages' policy
// lets browsers load nothing from elsewhere either. What the guides say is not its business: it is given the files.
//
// Routes, for GET and HEAD:
//
//	/docs                     lists the guides and the API descriptions
//	/docs/guides              the guides' own list, README.md; /docs/guides.md is its source
//	/docs/guides/{page}       a guide; with .md behind it, its source
//	/docs/api/{name}          an API description, shown by Redoc where the build has it
//	/docs/assets/{file}       style and script of these pages
//
// Every page but the assets answers ?ask=QUESTION with the passages that fit best: as a page to browsers, as JSON to those
// who accept application/json first, else as Markdown.
package guide
