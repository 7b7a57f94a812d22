package flinkssim

import (
	"encoding/json"
	"testing"
)

// rawAnswers sends SecurityResponses as given, in whatever shape.
func (h *harness) rawAnswers(requestID, responses string) answer {
	h.t.Helper()
	return h.authorize(`{"RequestId":"` + requestID + `","SecurityResponses":` + responses + `}`)
}

func TestAnswersToOneQuestion(t *testing.T) {
	tests := []struct {
		name      string
		responses string
		status    int
		code      string
	}{
		{"right", `{"What city were you born in?":["Montreal"]}`, 200, ""},
		{"right, in lower case", `{"What city were you born in?":["montreal"]}`, 200, ""},
		{"none asks again", `{}`, 203, ""},
		{"wrong", `{"What city were you born in?":["Toronto"]}`, 401, codeInvalidAnswer},
		{"another prompt", `{"What city were you born in":["Montreal"]}`, 401, codeUnknownChallengeKey},
		{"the French prompt", `{"Dans quelle ville êtes-vous né?":["Montreal"]}`, 401, codeUnknownChallengeKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			id := h.seed("Greatday")
			request := h.authorize(liveCall(id)).requestID()
			got := h.rawAnswers(request, tt.responses)
			wantCode(t, got, tt.status, tt.code)
			if got.requestID() != request {
				t.Error("the session's RequestId must come back")
			}
		})
	}
}

func TestSeveralQuestionsAreAnsweredTogether(t *testing.T) {
	h := newHarness(t)
	id := h.seed("sim_triple")
	request := h.authorize(liveCall(id)).requestID()
	wantCode(t, h.rawAnswers(request, `{"What city were you born in?":["Montreal"]}`), 401, codeAnswersIncomplete)
	wantCode(t, h.rawAnswers(request, `{"What city were you born in?":["Montreal"],
		"What is the best country on earth?":["Canada"],"What shape do people like most?":["Triangle"]}`), 200, "")
	wantCode(t, h.rawAnswers(request, `{}`), 401, codeAlreadyAuthorized)
}

func TestChallengeTypes(t *testing.T) {
	images, _ := json.Marshal(challengeImages())
	picked, _ := json.Marshal(challengeImages()[1:2])
	tests := []struct {
		user, challenge, answers string
	}{
		{
			"sim_multichoice",
			`{"Type":"MultipleChoice","Prompt":"Which branch do you use?","Iterables":["Downtown","Airport","Harbour"]}`,
			`{"Which branch do you use?":["Harbour"]}`,
		},
		{
			"sim_multianswer",
			`{"Type":"MultipleChoiceMultipleAnswers","Prompt":"Which products do you hold?","Iterables":["Chequing","Mortgage","Visa"]}`,
			`{"Which products do you hold?":["Visa","Chequing"]}`,
		},
		{
			"sim_image",
			`{"Type":"ImageSelection","Prompt":"Choose your personal picture.","Iterables":` + string(images) + `}`,
			`{"Choose your personal picture.":` + string(picked) + `}`,
		},
		{
			"sim_otp_every_time",
			`{"Type":"QuestionAndAnswer","Prompt":"Enter the code we sent to ***-***-4242."}`,
			`{"Enter the code we sent to ***-***-4242.":["135790"]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.user, func(t *testing.T) {
			h := newHarness(t)
			id := h.seed(tt.user)
			asked := h.authorize(liveCall(id))
			wantAnswer(t, asked, 203, `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":203,
				"SecurityChallenges":[`+tt.challenge+`],"Institution":"FlinksCapital","RequestId":"$request"}`, id)
			wantCode(t, h.rawAnswers(asked.requestID(), tt.answers), 200, "")
		})
	}
}

func TestTextOrCallHasTwoSteps(t *testing.T) {
	h := newHarness(t)
	id := h.seed("sim_textorcall")
	first := h.authorize(liveCall(id))
	wantCode(t, first, 203, "")
	second := h.rawAnswers(first.requestID(), `{"How do you want to receive your code?":["Call ***-***-4242"]}`)
	wantAnswer(t, second, 203, `{"Links":[{"rel":"Authorization","href":"/Authorize","example":null}],"HttpStatusCode":203,
		"SecurityChallenges":[{"Type":"QuestionAndAnswer","Prompt":"Enter the code we sent to ***-***-4242."}],
		"Institution":"FlinksCapital","RequestId":"$request"}`, id)
	wantCode(t, h.rawAnswers(first.requestID(), `{"Enter the code we sent to ***-***-4242.":["000000"]}`), 401, codeInvalidAnswer)
	wantCode(t, h.rawAnswers(first.requestID(), `{"Enter the code we sent to ***-***-4242.":["135790"]}`), 401, codeInvalidAnswer)
}

func TestARefreshAsksAgain(t *testing.T) {
	h := newHarness(t)
	linked := h.authorize(linkCall("Greatday", "Everyday"))
	wantCode(t, linked, 203, "")
	done := h.authorize(mfaCall(linked.requestID(), "What city were you born in?", "Montreal"))
	wantCode(t, done, 200, "")
	h.pass(idleLife)
	again := h.authorize(liveCall(done.loginID()))
	wantCode(t, again, 203, "")
	wantCode(t, h.authorize(mfaCall(again.requestID(), "What is the best country on earth?", "Canada")), 200, "")
	if state, _ := h.Login(done.loginID()); state.Prompts != 2 || state.Answers != 2 {
		t.Errorf("got %+v, want two prompts and two answers", state)
	}
}

func TestFrenchPrompts(t *testing.T) {
	h := newHarness(t)
	id := h.SeedLogin(SeedOptions{Username: "Greatday", Language: "fr"})
	request := h.authorize(liveCall(id)).requestID()
	wantCode(t, h.authorize(mfaCall(request, "Dans quelle ville êtes-vous né?", "Montreal")), 200, "")
}

func TestUsers(t *testing.T) {
	tests := []struct {
		user   string
		status int
		code   string
	}{
		{"Greatday", 203, ""},
		{"greatday", 203, ""},
		{"GreatDay", 203, ""},
		{"greatday_nomfa", 200, ""},
		{"greatday_nomfa+42", 200, ""},
		{"test_disabled_account", 401, codeDisabledLogin},
		{"test_service_unavailable", 400, codeRetryLater},
		{"test_dispatched", 203, ""},
		{"test_pending", 203, ""},
		{"sim_concurrent", 401, codeConcurrentSession},
		{"sim_newaccount", 401, codeNewAccount},
		{"sim_disabled_institution", 405, codeDisabledInstitution},
		{"sim_aggregation_error", 500, codeAggregationError},
		{"sim_maintenance", 401, "BANK MAINTENANCE_RETRY_LATER"},
		{"sim_empty_tx", 200, ""},
		{"sim_throttle", 401, codeTooManyRequests},
		{"nobody", 401, codeInvalidUsername},
	}
	for _, tt := range tests {
		t.Run(tt.user, func(t *testing.T) {
			h := newHarness(t)
			wantCode(t, h.authorize(liveCall(h.seed(tt.user))), tt.status, tt.code)
		})
	}
}

func TestDriversActForThePerson(t *testing.T) {
	h := newHarness(t)
	id := h.seed("sim_textorcall")
	if err := h.CompleteMFA(id); err == nil {
		t.Error("answering without a question must fail")
	}
	h.authorize(liveCall(id))
	request, ok := h.WaitingRequestID(id)
	if !ok {
		t.Fatal("no session waits")
	}
	if err := h.AnswerMFA(request, map[string][]string{"How do you want to receive your code?": {"Text ***-***-4242"}}); err != nil {
		t.Fatal(err)
	}
	if err := h.CompleteMFA(id); err != nil {
		t.Fatal(err)
	}
	wantCode(t, h.authorize(cachedCall(id)), 200, "")
	if err := h.AnswerMFA(request, nil); err == nil {
		t.Error("answering an authorised session must fail")
	}
	if err := h.AnswerMFA(newGUID(), nil); err == nil {
		t.Error("answering an unknown session must fail")
	}
}
