package gateway

import "github.com/flinks-operator/flinks-operator/internal/linkapi"

var englishTexts = texts{
	states: map[linkapi.State]stateText{
		linkapi.StateConnect: {
			"Connect your bank again",
			"Your bank wants you to log in again. You do that in a window of Flinks, the service that reads your accounts.",
			"Continue to my bank",
		},
		linkapi.StateStart: {
			"Renew your bank connection",
			"Your bank may ask you a question or send you a code. Have your phone at hand, then start.",
			"Start",
		},
		linkapi.StateResume: {
			"Your bank has a question",
			"Your bank asks you to confirm that it is you. Answer within a few minutes.",
			"Continue",
		},
		linkapi.StateWorking: {
			"One moment",
			"We are contacting your bank. This can take up to three minutes. You can leave this page open.", "",
		},
		linkapi.StateDone: {
			"All done", "Your bank is connected. You can close this page.", "",
		},
		linkapi.StateWait: {
			"Please try again later",
			"We cannot contact your bank again just now: we contacted it a short time ago, or it is still processing the last request.", "Try again",
		},
		linkapi.StateUnavailable: {
			"Your bank cannot be reached",
			"The connection to your bank does not work at the moment. You do not need to do anything now. Please try again later.",
			"Try again",
		},
		linkapi.StateBlocked: {
			"This connection is not available",
			"Please contact the company that sent you this link.", "",
		},
		linkapi.StateOtherLogin: {
			"That was another bank login",
			"You logged in with other details than the first time, so nothing was changed. Please use the same bank and user name as before.", "",
		},
		linkapi.StateNotVerified: {
			"Your bank could not be connected",
			"We could not confirm the login that your browser reported, so we stored nothing. Please try again.", "",
		},
		linkapi.StateProofRequired: {
			"Please confirm that this link is for you",
			"You do that on the website of the company that sent it, where you may have to log in. Then you come back here. " +
				"If another person sent you this link, close this page.",
			"Continue",
		},
		linkapi.StateInUse: {
			"This link is open in another browser",
			"Please continue there. This page follows. If that was not you, please tell the company that sent you the link.", "",
		},
		linkapi.StateLinkInvalid: {
			"This link does not work",
			"It may be incomplete, or the connection does not exist any more. Please open the link as you received it.", "",
		},
		linkapi.StateLinkExpired: {
			"This link has expired",
			"Please ask the company that sent it to you for a new one.", "",
		},
		linkapi.StateLinkReplaced: {
			"There is a newer link",
			"This link was replaced by another one. Please use the newest link that you received.", "",
		},
	},
	alreadyFixed: stateText{"This is already fixed", "Your bank is connected, and you have nothing left to do. You can close this page.", ""},
	connectFirst: stateText{
		"Connect your bank",
		"Choose your bank and log in. You do that in a window of Flinks, the service that reads your accounts.",
		"Choose my bank",
	},
	reasons: map[string]string{
		"CredentialsRejected":  "Your bank did not accept your user name or password.",
		"LoginLocked":          "Your bank has locked your login. Please unlock it with your bank first.",
		"BankActionRequired":   "Your bank requires you to do something first. Please log in to your bank's own website or app, then come back.",
		"LinkExpired":          "Last time, your bank's question was not answered in time.",
		"QuestionUnanswered":   "Last time, your bank's question was not answered, or the answer was not right.",
		"NightlyRefreshFailed": "Your accounts could not be read for some time.",
	},
	until: "Try again after", back: "Back to", progress: "Waiting for your bank",
	requestBy: "Requested by", requestFor: "For",
	steps: [...]string{"Start here", "Confirm with your bank", "Done"}, stepsTitle: "Steps",
	help: "Do you need help?", helpPage: "Help page", privacy: "Privacy", newTab: "(new tab)",
	noScript:     "This page needs JavaScript. Please turn it on in your browser, or open the link in another one.",
	landed:       stateText{"One moment", "Your bank is being connected.", ""},
	landedFailed: stateText{"That did not work", "Please open the link that you received again.", ""},
	landedConfirm: stateText{
		"Did you just log in to your bank?",
		"Then continue to complete the connection. If another website brought you here, close this page.",
		"Continue",
	},
	script: scriptTexts{
		Frame: "Flinks Connect: log in to your bank", Retry: "Try again",
		Failed: "That did not work. Please try again.", TooFast: "Too many attempts. Please wait a minute.",
		NotProven: "The confirmation did not work. Please try again.",
		LongWait:  "Still waiting for your bank…",
		States: map[string]stateText{
			stateEnded: {"The window was closed", "It was closed, or it took too long. You can try again.", ""},
		},
		Steps: map[string]string{
			"INVALID_LOGIN":                       "Your bank did not accept your user name or password.",
			"INVALID_USERNAME":                    "Your bank did not accept your user name.",
			"INVALID_PASSWORD":                    "Your bank did not accept your password.",
			"INVALID_SECURITY_RESPONSE":           "Your bank did not accept the answer.",
			"COMPONENT_LOAD_MFA_RETRY":            "Your bank did not accept the answer.",
			"RETRY_LATER":                         "Your bank is not available at the moment. Please try again later.",
			"DISABLED_INSTITUTION":                "Your bank is not available at the moment. Please try again later.",
			"AGGREGATION_ERROR":                   "Your bank's answer could not be read. Please try again later.",
			"NEW_ACCOUNT":                         "Please log in to your bank's own website once, then come back.",
			"DISABLED_LOGIN":                      "Your bank has locked your login. Please contact your bank.",
			"UNAUTHORIZED":                        "Your bank refused access. Please log in to your bank's own website, then come back.",
			"POPUP_BLOCKED":                       "Your browser blocked a window of your bank. Please allow it.",
			"APP_OFFLINE":                         "There is no connection to the Internet.",
			"SUBMIT_CREDENTIAL":                   "",
			"SUBMIT_MFA":                          "",
			"APP_ONLINE":                          "",
			"INSTITUTION_SELECTED":                "",
			"COMPONENT_LOAD_CREDENTIAL":           "",
			"COMPONENT_LOAD_INSTITUTION_SELECTOR": "",
			"COMPONENT_LOAD_MFA":                  "",
			"COMPONENT_ACCEPT_CONSENT":            "",
			"COMPONENT_ACCEPT_TERMS":              "",
			"COMPONENT_DENY_CONSENT":              "You did not agree, so nothing is connected. You can still do so.",
			"COMPONENT_DENY_TERMS":                "You did not agree, so nothing is connected. You can still do so.",
		},
	},
}
