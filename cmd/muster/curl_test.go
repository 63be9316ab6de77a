package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// curl is the command of that name, as far as the guides use it, so that they run where it is not installed.
func curl() {
	request, most, err := curlRequest(os.Args[1:])
	if err != nil {
		panic(err)
	}
	answer, err := (&http.Client{Timeout: most}).Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(os.Stdout, answer.Body); os.IsTimeout(err) {
		os.Exit(28) //nolint:gocritic // as curl does; the answer's body goes with the process
	} else if err != nil {
		panic(err)
	}
}

// curlRequest makes the request that the arguments of a curl command ask for, and is how long it may take (0: as long as
// it likes).
func curlRequest(args []string) (r *http.Request, most time.Duration, err error) {
	var method, address, body string
	headers, user := http.Header{}, ""
	for len(args) > 0 {
		option := args[0]
		args = args[1:]
		if option == "-sS" || option == "--no-buffer" {
			continue
		}
		if !strings.HasPrefix(option, "-") {
			address = option
			continue
		}
		if len(args) == 0 {
			return nil, 0, fmt.Errorf("%s stands last", option)
		}
		switch value := args[0]; option {
		case "--request":
			method = value
		case "--max-time":
			if most, err = time.ParseDuration(value + "s"); err != nil {
				return nil, 0, err
			}
		case "--user":
			user = value
		case "--header":
			name, value, _ := strings.Cut(value, ": ")
			headers.Set(name, value)
		case "--data", "--data-binary":
			body = value
			if value == "@-" {
				input, err := io.ReadAll(os.Stdin)
				if err != nil {
					return nil, 0, err
				}
				if body = string(input); option == "--data" {
					body = strings.NewReplacer("\r", "", "\n", "").Replace(body) // as curl does
				}
			}
		default:
			return nil, 0, fmt.Errorf("the tests' curl does not know %q", option)
		}
		args = args[1:]
	}
	if method == "" && body != "" {
		method = http.MethodPost
	}
	if r, err = http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body)); err != nil {
		return nil, 0, err
	}
	if body != "" && headers.Get("Content-Type") == "" {
		headers.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
	}
	r.Header = headers
	if name, password, ok := strings.Cut(user, ":"); ok {
		r.SetBasicAuth(name, password)
	}
	return r, most, nil
}
