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
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	key, err := link.NewKey(link.RandomKey(), noon)
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := link.NewKeys(key)
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := keys.Token(link.Claims{
		KeyID: keys.Signer(noon), UID: exampleUID, Purpose: link.Reconnect, Issued: noon, Expires: noon.Add(24 * time.Hour),
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

// A new key signs from its time on. Links that the one before signed still work.
func ExampleNewKeys_rotation() {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	first, _ := link.NewKey(bytes.Repeat([]byte{1}, link.KeyBytes), noon)
	second, _ := link.NewKey(bytes.Repeat([]byte{2}, link.KeyBytes), noon.Add(time.Hour))
	keys, _ := link.NewKeys(first, second)
	fmt.Println("at noon the first signs:", keys.Signer(noon) == first.ID())
	fmt.Println("an hour later the second:", keys.Signer(noon.Add(time.Hour)) == second.ID())
	token, _ := keys.Token(link.Claims{
		KeyID: first.ID(), UID: exampleUID, Purpose: link.Connect, Issued: noon, Expires: noon.Add(24 * time.Hour),
	})
	_, err := keys.Verify(noon.Add(2*time.Hour), token)
	fmt.Println("with both keys:", err)
	without, _ := link.NewKeys(second)
	_, err = without.Verify(noon.Add(2*time.Hour), token)
	fmt.Println("without the first:", err)
	// Output:
	// at noon the first signs: true
	// an hour later the second: true
	// with both keys: <nil>
	// without the first: link: the key is not known
}

// What is sealed for one connection cannot be moved into the status of another.
func ExampleKeys_Seal() {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	key, _ := link.NewKey(link.RandomKey(), noon)
	keys, _ := link.NewKeys(key)
	sealed, err := keys.Seal(noon, exampleUID, []byte("for the operator alone"))
	if err != nil {
		fmt.Println(err)
		return
	}
	value, err := keys.Open(noon, exampleUID, sealed)
	fmt.Println(string(value), err)
	_, err = keys.Open(noon, "00000000-0000-0000-0000-000000000000", sealed)
	fmt.Println(err)
	// Output:
	// for the operator alone <nil>
	// link: the sealed value cannot be opened
}
