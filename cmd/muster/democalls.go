package main

import (
	"fmt"
	neturl "net/url"
	"slices"
	"strings"

	"github.com/muster-accounts/muster/internal/demo"
)

// demoCalls are the vendors' printed examples with the community, the
// credentials and the address filled in, each followed by a read that shows
// what it did.
func demoCalls(url string, creds demo.Credentials) []string {
	return slices.Concat(
		sonoranCalls(url, creds.Secret), communifireCalls(url, creds.Secret), freeSewingCalls(url, creds), ownCalls(url, creds.Secret))
}

const asJSON = ` -H 'Content-Type: application/json' --data `

func sonoranCalls(url, key string) []string {
	who := `"apiId":"` + demo.V1APIID + `","username":"` + demo.V1Username + `","accId":"SOMEACCID","discord":"` +
		demo.V1Discord + `","uniqueId":1234`
	v1 := func(title, path, kind, entry string) string {
		body := fmt.Sprintf(`{"id":%q,"key":%q,"type":%q,"data":[{%s}]}`, demo.ID, key, kind, entry)
		return fmt.Sprintf("# Sonoran v1: %s\ncurl -sS %s", title, quote(url+path)) + asJSON + quote(body)
	}
	account := url + "/v2/community/accounts/" + string(demo.PageID)
	bearer := quote("Authorization: Bearer " + key)
	return []string{
		v1("set profile fields", "/general/edit_acc_profile_fields", "EDIT_ACC_PROFLIE_FIELDS",
			who+`,"profileFields":[{"id":"`+string(demo.Certifications)+`","value":["some","strings","for","array"]}]`),
		v1("set ranks (remove wins over add)", "/general/set_account_ranks", "SET_ACCOUNT_RANKS",
			who+`,"set":["RANK_UUID","ANOTHER_RANK_UUID"],"add":["RANK_UUID"],"remove":["RANK_UUID"]`),
		v1("read the account", "/general/get_com_account", "GET_COM_ACCOUNT", `"username":"`+demo.V1Username+`"`),
		fmt.Sprintf("# Sonoran v2: add a rank\ncurl -sS -X PATCH %s -H %s", quote(account+"/ranks"), bearer) + asJSON +
			quote(`{"accId":"`+string(demo.PageID)+`","add":["rank-1"],"active":true}`),
		fmt.Sprintf("# Sonoran v2: read the account\ncurl -sS %s -H %s", quote(account), bearer),
	}
}

func communifireCalls(url, key string) []string {
	token := "token=" + neturl.QueryEscape(key)
	return []string{
		"# Communifire: set profile fields (the example of its page, odd backslashes included)\ncurl -sS " +
			quote(url+"/api/users/fields?AddUser=false&"+token) + asJSON +
			quote(`{\ "UserID\" : \"12\", \"Company\" : \"Axero Solutions\", \"Phone\" : \"5625551234\", \"Share my profile\" : \"false\" }`),
		"# Communifire: read the user\ncurl -sS " + quote(url+"/api/users/12/details?"+token),
	}
}

func freeSewingCalls(url string, creds demo.Credentials) []string {
	return []string{
		"# FreeSewing: sign in, and keep the token\nTOKEN=$(curl -sS " + quote(url+"/signin") + asJSON +
			quote(fmt.Sprintf(`{"username":%q,"password":%q}`, demo.MakerEmail, creds.Password)) +
			` | sed 's/.*"token":"\([^"]*\)".*/\1/')`,
		"# FreeSewing: update the account\ncurl -sS -X PUT " + quote(url+"/account/jwt") + ` -H "Authorization: Bearer $TOKEN"` + asJSON +
			quote(`{"bio":"I like imperial now","imperial":true,"username":"ImperialLover"}`),
		"# FreeSewing: read it, with an API key\ncurl -sS " + quote(url+"/account/key") + " --user " + quote(string(creds.Maker)+":"+creds.MakerKey),
	}
}

func ownCalls(url, key string) []string {
	bearer := " -H " + quote("Authorization: Bearer "+key)
	return []string{
		"# Muster: find accounts by anything they hold\ncurl -sS " +
			quote(url+"/muster/v1/accounts?rank="+string(demo.PageRank)+"&banned=false&fields=number,username,ranks&limit=3") + bearer,
		"# Muster: what the key changed through Communifire, and a preview of taking all of it back\ncurl -sS " +
			quote(url+"/muster/v1/changes/undo") + bearer + asJSON + quote(`{"key":"demo","dialect":"communifire","dry_run":true}`),
	}
}

// quote makes one word of the POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
