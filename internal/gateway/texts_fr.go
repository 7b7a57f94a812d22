package gateway

import "github.com/flinks-operator/flinks-operator/internal/linkapi"

var frenchTexts = texts{
	states: map[linkapi.State]stateText{
		linkapi.StateConnect: {
			"Reconnectez votre banque",
			"Votre banque vous demande de vous connecter de nouveau. Cela se fait dans une fenêtre de Flinks, le service qui lit vos comptes.",
			"Continuer vers ma banque",
		},
		linkapi.StateStart: {
			"Renouvelez la connexion à votre banque",
			"Votre banque peut vous poser une question ou vous envoyer un code. Gardez votre téléphone à portée de main, puis commencez.",
			"Commencer",
		},
		linkapi.StateResume: {
			"Votre banque a une question",
			"Votre banque vous demande de confirmer votre identité. Répondez dans les prochaines minutes.",
			"Continuer",
		},
		linkapi.StateWorking: {
			"Un instant",
			"Nous communiquons avec votre banque. Cela peut prendre jusqu’à trois minutes. Vous pouvez laisser cette page ouverte.", "",
		},
		linkapi.StateDone: {
			"C’est terminé", "Votre banque est connectée. Vous pouvez fermer cette page.", "",
		},
		linkapi.StateWait: {
			"Veuillez réessayer plus tard",
			"Nous ne pouvons pas contacter votre banque de nouveau maintenant : nous l’avons contactée il y a peu, ou elle traite encore la dernière demande.", "Réessayer",
		},
		linkapi.StateUnavailable: {
			"Votre banque est injoignable",
			"La connexion à votre banque ne fonctionne pas pour le moment. Vous n’avez rien à faire maintenant. Veuillez réessayer plus tard.", "Réessayer",
		},
		linkapi.StateBlocked: {
			"Cette connexion n’est pas disponible",
			"Veuillez vous adresser à l’entreprise qui vous a envoyé ce lien.", "",
		},
		linkapi.StateOtherLogin: {
			"C’était un autre accès bancaire",
			"Vous avez utilisé d’autres identifiants que la première fois ; rien n’a été modifié. Veuillez choisir la même banque et le même nom d’utilisateur qu’auparavant.", "",
		},
		linkapi.StateNotVerified: {
			"Votre banque n’a pas pu être connectée",
			"Nous n’avons pas pu confirmer l’accès bancaire indiqué par votre navigateur ; rien n’a été enregistré. Veuillez réessayer.", "",
		},
		linkapi.StateProofRequired: {
			"Veuillez confirmer que ce lien vous est destiné",
			"Cela se fait sur le site de l’entreprise qui l’a envoyé, où vous devrez peut-être vous connecter. Vous reviendrez ensuite ici. " +
				"Si une autre personne vous a envoyé ce lien, fermez cette page.",
			"Continuer",
		},
		linkapi.StateInUse: {
			"Ce lien est ouvert dans un autre navigateur",
			"Veuillez continuer là-bas. Cette page suit. Si ce n’était pas vous, veuillez prévenir l’entreprise qui vous a envoyé le lien.", "",
		},
		linkapi.StateLinkInvalid: {
			"Ce lien ne fonctionne pas",
			"Il est peut-être incomplet, ou la connexion n’existe plus. Veuillez ouvrir le lien tel que vous l’avez reçu.", "",
		},
		linkapi.StateLinkExpired: {
			"Ce lien a expiré",
			"Veuillez en demander un nouveau à l’entreprise qui vous l’a envoyé.", "",
		},
		linkapi.StateLinkReplaced: {
			"Il existe un lien plus récent",
			"Ce lien a été remplacé par un autre. Veuillez utiliser le dernier lien que vous avez reçu.", "",
		},
	},
	alreadyFixed: stateText{"C’est déjà réglé", "Votre banque est connectée et vous n’avez plus rien à faire. Vous pouvez fermer cette page.", ""},
	connectFirst: stateText{
		"Connectez votre banque",
		"Choisissez votre banque et connectez-vous. Cela se fait dans une fenêtre de Flinks, le service qui lit vos comptes.",
		"Choisir ma banque",
	},
	reasons: map[string]string{
		"CredentialsRejected":  "Votre banque n’a pas accepté votre nom d’utilisateur ou votre mot de passe.",
		"LoginLocked":          "Votre banque a bloqué votre accès. Veuillez d’abord le faire débloquer par votre banque.",
		"BankActionRequired":   "Votre banque attend une action de votre part. Connectez-vous à son site ou à son application, puis revenez ici.",
		"LinkExpired":          "La dernière fois, la question de votre banque est restée trop longtemps sans réponse.",
		"QuestionUnanswered":   "La dernière fois, la question de votre banque est restée sans réponse, ou la réponse n’était pas la bonne.",
		"NightlyRefreshFailed": "Vos comptes n’ont pas pu être lus depuis quelque temps.",
	},
	until: "Réessayez après", back: "Retour à", progress: "En attente de votre banque",
	requestBy: "Demandé par", requestFor: "Pour",
	steps: [...]string{"Commencer ici", "Confirmer auprès de votre banque", "Terminé"}, stepsTitle: "Étapes",
	help: "Avez-vous besoin d’aide?", helpPage: "Page d’aide", privacy: "Confidentialité", newTab: "(nouvel onglet)",
	noScript:     "Cette page a besoin de JavaScript. Veuillez l’activer dans votre navigateur, ou ouvrir le lien dans un autre.",
	landed:       stateText{"Un instant", "Connexion de votre banque en cours.", ""},
	landedFailed: stateText{"Cela n’a pas fonctionné", "Veuillez ouvrir de nouveau le lien que vous avez reçu.", ""},
	landedConfirm: stateText{
		"Venez-vous de vous connecter à votre banque?",
		"Si oui, continuez pour terminer la connexion. Si un autre site vous a amené ici, fermez cette page.",
		"Continuer",
	},
	script: scriptTexts{
		Frame: "Flinks Connect : connexion à votre banque", Retry: "Réessayer",
		Failed: "Cela n’a pas fonctionné. Veuillez réessayer.", TooFast: "Trop de tentatives. Veuillez patienter une minute.",
		NotProven: "La confirmation n’a pas fonctionné. Veuillez réessayer.",
		LongWait:  "Toujours en attente de votre banque…",
		States: map[string]stateText{
			stateEnded: {"La fenêtre a été fermée", "Elle a été fermée, ou l’attente a été trop longue. Vous pouvez réessayer.", ""},
		},
		Steps: map[string]string{
			"INVALID_LOGIN":                       "Votre banque n’a pas accepté votre nom d’utilisateur ou votre mot de passe.",
			"INVALID_USERNAME":                    "Votre banque n’a pas accepté votre nom d’utilisateur.",
			"INVALID_PASSWORD":                    "Votre banque n’a pas accepté votre mot de passe.",
			"INVALID_SECURITY_RESPONSE":           "Votre banque n’a pas accepté la réponse.",
			"COMPONENT_LOAD_MFA_RETRY":            "Votre banque n’a pas accepté la réponse.",
			"RETRY_LATER":                         "Votre banque n’est pas disponible pour le moment. Veuillez réessayer plus tard.",
			"DISABLED_INSTITUTION":                "Votre banque n’est pas disponible pour le moment. Veuillez réessayer plus tard.",
			"AGGREGATION_ERROR":                   "La réponse de votre banque n’a pas pu être lue. Veuillez réessayer plus tard.",
			"NEW_ACCOUNT":                         "Connectez-vous une fois au site de votre banque, puis revenez ici.",
			"DISABLED_LOGIN":                      "Votre banque a bloqué votre accès. Veuillez vous adresser à elle.",
			"UNAUTHORIZED":                        "Votre banque a refusé l’accès. Connectez-vous à son site, puis revenez ici.",
			"POPUP_BLOCKED":                       "Votre navigateur a bloqué une fenêtre de votre banque. Veuillez l’autoriser.",
			"APP_OFFLINE":                         "Il n’y a pas de connexion à Internet.",
			"SUBMIT_CREDENTIAL":                   "",
			"SUBMIT_MFA":                          "",
			"APP_ONLINE":                          "",
			"INSTITUTION_SELECTED":                "",
			"COMPONENT_LOAD_CREDENTIAL":           "",
			"COMPONENT_LOAD_INSTITUTION_SELECTOR": "",
			"COMPONENT_LOAD_MFA":                  "",
			"COMPONENT_ACCEPT_CONSENT":            "",
			"COMPONENT_ACCEPT_TERMS":              "",
			"COMPONENT_DENY_CONSENT":              "Vous n’avez pas donné votre accord ; rien n’est connecté. Vous pouvez encore le donner.",
			"COMPONENT_DENY_TERMS":                "Vous n’avez pas donné votre accord ; rien n’est connecté. Vous pouvez encore le donner.",
		},
	},
}
