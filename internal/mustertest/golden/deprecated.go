package golden

import "slices"

// Deprecated are the routes that the contract calls so, each as "METHOD /path".
func (c Contract) Deprecated() (list []string) {
	for path, item := range c.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.Deprecated {
				list = append(list, method+" "+path)
			}
		}
	}
	slices.Sort(list)
	return list
}
