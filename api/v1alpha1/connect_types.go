package v1alpha1

// ConnectForm is the form of the addresses of Flinks Connect.
//
// +kubebuilder:validation:Enum=V2;Classic
type ConnectForm string

const (
	// ConnectV2 is the current design, whose paths begin with /v2/.
	ConnectV2 ConnectForm = "V2"
	// ConnectClassic is the first design, which has no /v2/ in its path.
	ConnectClassic ConnectForm = "Classic"
)

// Visibility says whether Flinks Connect shows something.
//
// +kubebuilder:validation:Enum=Shown;Hidden
type Visibility string

const (
	// Shown shows it.
	Shown Visibility = "Shown"
	// Hidden leaves it out.
	Hidden Visibility = "Hidden"
)

// TokenRequirement says whether a link to Flinks Connect needs an authorize token.
//
// +kubebuilder:validation:Enum=Required;NotRequired
type TokenRequirement string

const (
	// TokenRequired puts an authorize token into each direct link.
	TokenRequired TokenRequirement = "Required"
	// TokenNotRequired makes direct links without an authorize token.
	TokenNotRequired TokenRequirement = "NotRequired"
)

// TokenPermission says whether an authorize token may stand in the status of a
// BankConnection.
//
// +kubebuilder:validation:Enum=Allowed;Never
type TokenPermission string

const (
	// TokenAllowed lets a direct link with its token stand in a status.
	TokenAllowed TokenPermission = "Allowed"
	// TokenNever puts a direct link that has a token into a Secret.
	TokenNever TokenPermission = "Never"
)

// ReconnectCapability says whether Flinks Connect goes on with a session that waits
// for an answer to the bank's question.
//
// +kubebuilder:validation:Enum=Supported;Unsupported
type ReconnectCapability string

const (
	// ReconnectSupported leads the customer to the question that the bank asked.
	ReconnectSupported ReconnectCapability = "Supported"
	// ReconnectUnsupported has the customer log in to the bank again instead.
	ReconnectUnsupported ReconnectCapability = "Unsupported"
)

// ConnectTheme is the look of Flinks Connect.
//
// +kubebuilder:validation:Enum=Light;Dark
type ConnectTheme string

const (
	// LightTheme has a light background.
	LightTheme ConnectTheme = "Light"
	// DarkTheme has a dark background.
	DarkTheme ConnectTheme = "Dark"
)

// DaysOfTransactions is how far back transactions reach.
//
// +kubebuilder:validation:Enum=Days90;Days365
type DaysOfTransactions string

const (
	// Days90 is 90 days.
	Days90 DaysOfTransactions = "Days90"
	// Days365 is 365 days.
	Days365 DaysOfTransactions = "Days365"
)

// AccountChoice is how many accounts the customer selects.
//
// +kubebuilder:validation:Enum=Single;Multiple
type AccountChoice string

const (
	// SingleAccount lets the customer select one account.
	SingleAccount AccountChoice = "Single"
	// MultipleAccounts lets the customer select one or more accounts.
	MultipleAccounts AccountChoice = "Multiple"
)

// AccountCurrency is the currency of accounts.
//
// +kubebuilder:validation:Enum=CAD;USD
type AccountCurrency string

const (
	// CAD is the Canadian dollar.
	CAD AccountCurrency = "CAD"
	// USD is the dollar of the United States.
	USD AccountCurrency = "USD"
)

// AccountSelector is the page of Flinks Connect on which the customer selects
// accounts.
type AccountSelector struct {
	// choice is how many accounts the customer selects: Single (the default) or
	// Multiple.
	//
	// +optional
	Choice AccountChoice `json:"choice,omitempty"`

	// currency is the currency of the accounts that the page shows: CAD or USD; any
	// if not given.
	//
	// +optional
	Currency AccountCurrency `json:"currency,omitempty"`
}

// ConnectOptions are the options with which Flinks Connect is opened. Each field
// of a connection takes the place of that of its instance.
type ConnectOptions struct {
	// customerName is the name of the company that Flinks Connect asks for consent
	// for, in its own spelling: at most 64 characters, without control characters.
	// If not given, Flinks Connect shows no name.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[^\pC\pZ]([^\pC\p{Zl}\p{Zp}]*[^\pC\pZ])?$`
	CustomerName string `json:"customerName,omitempty"`

	// consent says whether Flinks Connect asks for consent itself: Shown (the
	// default) or Hidden, for an application that has asked already, in the words
	// that Flinks requires.
	//
	// +optional
	Consent Visibility `json:"consent,omitempty"`

	// termsURL is the page with the company's terms, to which Flinks Connect links:
	// an https URL of at most 512 characters, percent-encoded where it is not
	// ASCII.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="termsURL must be an absolute https URL"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="termsURL must not hold a user name or password"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]+$')",message="termsURL must be printable ASCII without spaces; percent-encode the rest"
	TermsURL string `json:"termsURL,omitempty"`

	// consentText follows the title of the page that asks for consent: at most 100
	// characters, without control characters.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:Pattern=`^[^\pC\pZ]([^\pC\p{Zl}\p{Zp}]*[^\pC\pZ])?$`
	ConsentText string `json:"consentText,omitempty"`

	// theme is the look of Flinks Connect: Light or Dark; that of Flinks if not
	// given. Flinks documents it for the form Classic.
	//
	// +optional
	Theme ConnectTheme `json:"theme,omitempty"`

	// backgroundColor is the colour of the background: '#' and six hexadecimal
	// digits, such as #f7f7f7; that of Flinks if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:Pattern=`^#[0-9a-fA-F]{6}$`
	BackgroundColor string `json:"backgroundColor,omitempty"`

	// foregroundColor is the colour of text and buttons: '#' and six hexadecimal
	// digits, such as #1c2733; that of Flinks if not given.
	//
	// +optional
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:Pattern=`^#[0-9a-fA-F]{6}$`
	ForegroundColor string `json:"foregroundColor,omitempty"`

	// daysOfTransactions is how far back the transactions reach that Flinks reads
	// for a login: Days90 or Days365; what Flinks has set up for the instance if not
	// given.
	//
	// +optional
	DaysOfTransactions DaysOfTransactions `json:"daysOfTransactions,omitempty"`

	// accountSelector lets the customer select the accounts that they share, on a
	// page of its own. If not given, they select any number of accounts while no
	// selection is known, and see no such page after that.
	//
	// +optional
	AccountSelector *AccountSelector `json:"accountSelector,omitempty"`

	// institutionId is the bank, by Flinks' number for it, so that the customer
	// need not find it in the list: from 1 to 1000000. A question of a bank that is known
	// already has no list. The form Classic cannot open a bank.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	InstitutionID int32 `json:"institutionId,omitempty"`
}

// ConnectSpec sets how Flinks Connect is opened for the customers of an instance.
//
// +kubebuilder:validation:XValidation:rule="!has(self.institutionId) || !has(self.form) || self.form != 'Classic'",fieldPath=".institutionId",reason=FieldValueForbidden,message="form Classic has no institutionId"
type ConnectSpec struct {
	ConnectOptions `json:",inline"`

	// form is the form of the addresses of Flinks Connect that the instance serves:
	// V2 (the default) or Classic, for an instance that has only the first design.
	// A link that exists keeps its form.
	//
	// +optional
	Form ConnectForm `json:"form,omitempty"`

	// demo says whether Flinks Connect shows Flinks' test bank, Flinks Capital:
	// Shown or Hidden. If not given, only the instance toolbox, which has no other
	// bank, shows it.
	//
	// +optional
	Demo Visibility `json:"demo,omitempty"`

	// tokenInLinks says whether Flinks Connect needs an authorize token to bring the
	// customer back to the bank's question: Required (the default, and what Flinks
	// documents for instances made since October 2024) or NotRequired. It applies
	// to links of type Direct; the gateway's page opens Flinks Connect with a token
	// in any case. After a change, the operator removes a link in a status that
	// does not fit.
	//
	// +optional
	TokenInLinks TokenRequirement `json:"tokenInLinks,omitempty"`

	// tokenInStatus says whether a link of type Direct may stand in the status of a
	// BankConnection if it has an authorize token: Allowed (the default) or Never.
	// With Never such a link goes into a Secret, as if
	// spec.reconnect.link.destination of the connection were Secret, and the
	// operator removes one that is in a status. A link without a token may stand
	// there in any case.
	//
	// +optional
	TokenInStatus TokenPermission `json:"tokenInStatus,omitempty"`

	// reconnect says whether Flinks Connect goes on with a session that waits for an
	// answer to the bank's question: Supported (the default) or Unsupported, for an
	// instance where Flinks has not activated it. Flinks Connect then ignores the
	// session and asks for the user name and the password, so there are no links of
	// type Direct, and on the gateway's page the customer logs in to the bank again
	// once the session has ended. After a change, the operator removes a link of type
	// Direct in a status that does not work.
	//
	// +optional
	Reconnect ReconnectCapability `json:"reconnect,omitempty"`
}
