package link_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/link"
)

const exampleUID = "0e5e3d4c-7a3f-4a53-9a0e-8a4b9c0d1e2f"

// The operator makes a token, and reads it when a person opens the link. Once the token has
// expired the claims still say whose link it was.
func ExampleKeys_Verify() {
	keys, err := link.NewKeys(link.NewKey(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	token, err := keys.Token(link.Claims{
		UID: exampleUID, Purpose: link.Reconnect, Issued: noon, Expires: noon.Add(24 * time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, now := range []time.Time{noon.Add(time.Hour), noon.Add(25 * time.Hour)} {
		claims, err := keys.Verify(now, token)
		fmt.Println(claims.UID, claims.Purpose == link.Reconnect, err)
	}
	// Output:
	// 0e5e3d4c-7a3f-4a53-9a0e-8a4b9c0d1e2f true <nil>
	// 0e5e3d4c-7a3f-4a53-9a0e-8a4b9c0d1e2f true link: the token has expired
}

// After a rotation of the key, links that were made with the one before still work.
func ExampleNewKeys_rotation() {
	first, second := bytes.Repeat([]byte{1}, link.KeyBytes), bytes.Repeat([]byte{2}, link.KeyBytes)
	before, _ := link.NewKeys(first, nil)
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	token, _ := before.Token(link.Claims{UID: exampleUID, Purpose: link.Connect, Issued: noon, Expires: noon.Add(time.Hour)})

	after, _ := link.NewKeys(second, first)
	_, err := after.Verify(noon, token)
	fmt.Println("with the previous key:", err)
	without, _ := link.NewKeys(second, nil)
	_, err = without.Verify(noon, token)
	fmt.Println("without it:", err)
	// Output:
	// with the previous key: <nil>
	// without it: link: the token is not signed by this operator
}

// What is sealed for one connection cannot be moved into the status of another.
func ExampleKeys_Seal() {
	keys, _ := link.NewKeys(link.NewKey(), nil)
	sealed, err := keys.Seal(exampleUID, []byte("for the operator alone"))
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := keys.Open(exampleUID, sealed)
	fmt.Println(string(value), err)
	_, err = keys.Open("00000000-0000-0000-0000-000000000000", sealed)
	fmt.Println(err)
	// Output:
	// for the operator alone <nil>
	// link: the sealed value cannot be opened
}
