// Package browser is a person in front of Chromium, for tests and for the
// demonstration: they open a page, read it, press what is on it and type. What
// the page does behind their back (errors, violations of its policy, requests
// with their headers) is written down, so that a test can look at it.
//
//	b, err := browser.Start(ctx, browser.Options{Directory: dir})
//	person, err := b.NewPerson(ctx)           // with cookies of their own
//	page, err := person.NewPage(ctx, browser.PageOptions{Language: "fr"})
//	err = page.Open(ctx, url)
//	err = page.Click(ctx, "#go")
//	bank, err := page.Embedded(ctx, "https://toolbox.example.test")
//	err = bank.Type(ctx, "#username", "Greatday")
//
// It talks the DevTools protocol with Chromium over a pair of pipes. Chromium
// ends when the pipes do, so that none is left behind whatever becomes of this
// process, and there is no port that others could reach.
//
// # Clicks are real
//
// Text is read by script, but clicks, taps and keys are input events at the
// place where the element is, which the browser dispatches as those of a person:
// what is covered cannot be clicked, and what wants a person's gesture gets one.
//
// # Nothing leaves the machine
//
// Names that end in .test lead to 127.0.0.1, localhost is localhost, and no
// other name resolves.
//
// # Waiting
//
// Everything that waits looks again and again until what it waits for is there
// or its context ends. Nothing waits for a fixed time.
package browser
