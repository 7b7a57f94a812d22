// Package chromium drives a headless Chromium as a customer would: a test opens a page in
// a tab, reads it, clicks on it and types. The tab collects what the page does besides (errors,
// violations of its policy, requests with their headers), and fails the test at its end if there
// was a problem that the test did not expect.
//
//	browser, err := chromium.Start(ctx, certificate)
//	tab := browser.NewTab(t, chromium.Options{Language: "fr"}) // with cookies of its own
//	tab.Open(url)
//	tab.Click("#go")
//	bank := tab.Embedded("https://toolbox.example.test")
//	bank.Type("#username", "Greatday")
//
// chromedp speaks the DevTools protocol with Chromium, over a pair of pipes. Chromium ends when
// the pipes do, so none is left behind however this process ends, and it listens on no port.
//
// # Clicks are real
//
// A script reads text, but clicks, taps and keys are input events at the position of the element,
// which the browser dispatches as those of a person: an element that is covered cannot be clicked,
// and code that requires a user gesture gets one.
//
// # Nothing leaves the machine
//
// Names that end in .test lead to 127.0.0.1, localhost is localhost, and no other name resolves.
//
// # Waiting
//
// What waits looks again until it finds what it waits for, or until [Patience] is over, which
// fails the test. Nothing waits for a fixed time.
package chromium
