package muster

// maxPassword is more than anybody types, and little to hash.
const maxPassword = 1_000

// CheckPassword accepts what may become an account's password: any text but
// none. How long it has to be is for the forms in which people choose one;
// the APIs that are spoken here set no least length.
func CheckPassword(password string) error {
	if password == "" {
		return Errorf(Invalid, "password", "must not be empty")
	}
	return checkText("password", password, maxPassword)
}
