package sonoran

import (
	"context"

	"github.com/muster-accounts/muster"
)

func (d *Dialect) editProfileFields(ctx context.Context, c muster.Caller, e entry) (any, error) {
	return d.editFields(ctx, c, e.ref, e.object)
}

// editFields edits profile fields, and answers all that hold data.
func (d *Dialect) editFields(ctx context.Context, c muster.Caller, ref muster.Ref, o object) (any, error) {
	values, err := fieldEdit(o)
	if err != nil {
		return nil, err
	}
	result, err := d.change(ctx, c, ref, muster.Edit{Values: values})
	if err != nil {
		list, _ := o.list("profileFields") // it was read before
		return nil, atField(list, err)
	}
	return outcome{data: fieldsOf(result.View), undo: result.Seq}, nil
}

func (d *Dialect) getProfileFields(ctx context.Context, c muster.Caller, _ entry) (any, error) {
	catalogue, err := d.core.Catalogue(ctx, c)
	list := []fieldDefinition{}
	for _, f := range catalogue.Fields {
		if f.Scope == muster.ScopeProfile {
			list = append(list, fieldDefinitionOf(f))
		}
	}
	return list, err
}
