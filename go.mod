module github.com/muster-accounts/muster

go 1.26.0
