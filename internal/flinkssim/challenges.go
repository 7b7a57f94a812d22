package flinkssim

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"slices"
	"strings"
	"sync"
)

// The challenge types that Flinks documents.
const (
	typeQuestion    = "QuestionAndAnswer"
	typeChoice      = "MultipleChoice"
	typeMultiChoice = "MultipleChoiceMultipleAnswers"
	typeImage       = "ImageSelection"
	typeTextOrCall  = "TextOrCall"
)

// challenge is one question of the bank, with the answer that it accepts; an
// empty answer accepts any one of the iterables.
type challenge struct {
	kind      string
	prompt    string
	iterables []string
	answer    []string
}

// step is what one 203 asks: all of it must be answered in one request.
type step struct {
	challenges []challenge
	// final: a wrong answer ends the session whatever the knob says, as with a
	// code that was texted.
	final bool
}

// verdict is what the bank makes of the answers to one step.
type verdict int

const (
	verdictRight verdict = iota
	verdictNothing
	verdictUnknownKey
	verdictIncomplete
	verdictWrong
)

func (st step) judge(answers map[string][]string) verdict {
	if len(answers) == 0 {
		return verdictNothing
	}
	for key := range answers {
		if !slices.ContainsFunc(st.challenges, func(c challenge) bool { return c.prompt == key }) {
			return verdictUnknownKey
		}
	}
	if len(answers) < len(st.challenges) {
		return verdictIncomplete
	}
	for _, c := range st.challenges {
		if !c.accepts(answers[c.prompt]) {
			return verdictWrong
		}
	}
	return verdictRight
}

// accepts compares without case and order; the key was compared byte for byte.
func (c challenge) accepts(given []string) bool {
	if len(c.answer) == 0 {
		return len(given) == 1 && slices.Contains(c.iterables, given[0])
	}
	return slices.Equal(normalised(given), normalised(c.answer))
}

func normalised(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, strings.ToLower(strings.TrimSpace(v)))
	}
	slices.Sort(out)
	return out
}

func (st step) body() []challengeBody {
	out := make([]challengeBody, 0, len(st.challenges))
	for _, c := range st.challenges {
		out = append(out, challengeBody{Type: c.kind, Prompt: c.prompt, Iterables: c.iterables})
	}
	return out
}

func (st step) types() []string {
	out := make([]string, 0, len(st.challenges))
	for _, c := range st.challenges {
		out = append(out, c.kind)
	}
	return out
}

// rightAnswers returns what the bank's customer would say.
func (st step) rightAnswers() map[string][]string {
	out := map[string][]string{}
	for _, c := range st.challenges {
		out[c.prompt] = c.answer
		if len(c.answer) == 0 {
			out[c.prompt] = c.iterables[:1]
		}
	}
	return out
}

func ask(prompt, answer string) challenge {
	return challenge{kind: typeQuestion, prompt: prompt, answer: []string{answer}}
}

// securityQuestions returns the three that Flinks Capital asks when it is seen from
// Canada, one of them per session. The French prompts are other keys.
func securityQuestions(language string) []challenge {
	if language == "fr" {
		return []challenge{
			ask("Dans quelle ville êtes-vous né?", "Montreal"),
			ask("Quel est le meilleur pays sur terre?", "Canada"),
			ask("Quelle forme les gens préfèrent-ils?", "Triangle"),
		}
	}
	return []challenge{
		ask("What city were you born in?", "Montreal"),
		ask("What is the best country on earth?", "Canada"),
		ask("What shape do people like most?", "Triangle"),
	}
}

// securityQuestion asks one of the three, the next one with every session.
func securityQuestion(language string, attempt int) []step {
	questions := securityQuestions(language)
	return []step{{challenges: questions[attempt%len(questions) : attempt%len(questions)+1]}}
}

func allThree(language string, _ int) []step {
	return []step{{challenges: securityQuestions(language)}}
}

func multipleChoice(string, int) []step {
	return []step{{challenges: []challenge{{
		kind: typeChoice, prompt: "Which branch do you use?",
		iterables: []string{"Downtown", "Airport", "Harbour"}, answer: []string{"Harbour"},
	}}}}
}

func multipleAnswers(string, int) []step {
	return []step{{challenges: []challenge{{
		kind: typeMultiChoice, prompt: "Which products do you hold?",
		iterables: []string{"Chequing", "Mortgage", "Visa"}, answer: []string{"Chequing", "Visa"},
	}}}}
}

func pictures(string, int) []step {
	images := challengeImages()
	return []step{{challenges: []challenge{{
		kind: typeImage, prompt: "Choose your personal picture.",
		iterables: images, answer: images[1:2],
	}}}}
}

func textedCode(string, int) []step {
	return []step{{final: true, challenges: []challenge{ask("Enter the code we sent to ***-***-4242.", "135790")}}}
}

func textOrCall(language string, attempt int) []step {
	delivery := step{challenges: []challenge{{
		kind: typeTextOrCall, prompt: "How do you want to receive your code?",
		iterables: []string{"Text ***-***-4242", "Call ***-***-4242"},
	}}}
	return append([]step{delivery}, textedCode(language, attempt)...)
}

// challengeImages are three small JPEGs in base64: red, green and blue.
var challengeImages = sync.OnceValue(func() []string {
	colours := []color.RGBA{{R: 200, A: 255}, {G: 160, A: 255}, {B: 200, A: 255}}
	out := make([]string, 0, len(colours))
	for _, c := range colours {
		picture := image.NewRGBA(image.Rect(0, 0, 24, 24))
		for i := range 24 * 24 {
			picture.SetRGBA(i%24, i/24, c)
		}
		var buf bytes.Buffer
		_ = jpeg.Encode(&buf, picture, nil) // writing to memory cannot fail
		out = append(out, base64.StdEncoding.EncodeToString(buf.Bytes()))
	}
	return out
})

// FlinksCapitalAnswers returns the right answers of every prompt that the simulated
// bank asks: what a person who tests with Flinks Capital knows by heart.
func FlinksCapitalAnswers() map[string][]string {
	out := map[string][]string{}
	for _, language := range []string{"en", "fr"} {
		for _, steps := range [][]step{
			allThree(language, 0), multipleChoice(language, 0), multipleAnswers(language, 0),
			pictures(language, 0), textOrCall(language, 0),
		} {
			for _, st := range steps {
				maps.Copy(out, st.rightAnswers())
			}
		}
	}
	return out
}
