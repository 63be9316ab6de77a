package muster

// KickEdit is the edit by which an account is put out of its community: it has
// left, is archived, and holds no ranks.
func KickEdit() Edit {
	return Edit{
		Ranks:    RankEdit{Set: Some([]RankID{})},
		Standing: StandingEdit{Joined: Some(false), Archived: Some(true)},
	}
}

// BanEdit is the edit by which an account is banned: it holds no ranks.
func BanEdit(ban Ban) Edit {
	return Edit{Ranks: RankEdit{Set: Some([]RankID{})}, Standing: StandingEdit{Ban: Some(&ban)}}
}

// ReadmitEdit is the edit that takes back a kick and a ban; ranks are given to
// the account.
func ReadmitEdit(ranks []RankID) Edit {
	return Edit{
		Ranks:    RankEdit{Add: ranks},
		Standing: StandingEdit{Joined: Some(true), Archived: Some(false), Ban: Some[*Ban](nil)},
	}
}

// PutsOut reports whether a change banned an account or made it one that has
// left.
func (c Change) PutsOut() bool {
	s := c.After.Standing
	return c.Deed == DeedEdit && (s.Ban.Value != nil || s.Joined.Set && !s.Joined.Value)
}
