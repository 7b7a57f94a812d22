package audit

// APIVersion is in every record. Within a version fields, actions and outcomes are added,
// never renamed or removed.
const APIVersion = "audit.flinks-operator.dev/v1"

// Action is what was done.
type Action string

// The actions. docs/audit.md says when each is recorded.
const (
	// LinkOpened: a browser showed the page of a link.
	LinkOpened Action = "LinkOpened"
	// ProofPresented: a browser came back from the application with a ticket.
	ProofPresented Action = "ProofPresented"
	// RefreshRequested: a customer or an application requested a refresh.
	RefreshRequested Action = "RefreshRequested"
	// SessionRequested: an application requested a session that opens the data.
	SessionRequested Action = "SessionRequested"
	// LoginLinked: a browser reported the login that a customer linked.
	LoginLinked Action = "LoginLinked"
	// LoginBound: a connection was bound to a login.
	LoginBound Action = "LoginBound"
	// LoginSuperseded: a connection gave its login up for another one.
	LoginSuperseded Action = "LoginSuperseded"
	// LoginDeleted: a login was deleted at Flinks.
	LoginDeleted Action = "LoginDeleted"
	// LoginAbandoned: a login was left at Flinks because an annotation gave it up.
	LoginAbandoned Action = "LoginAbandoned"
	// LoginLeft: a login was left at Flinks for another reason.
	LoginLeft Action = "LoginLeft"
	// DeletionsConfirmed: an administrator confirmed deletions at an instance.
	DeletionsConfirmed Action = "DeletionsConfirmed"
	// LinksRevoked: an administrator ended the links of an instance.
	LinksRevoked Action = "LinksRevoked"
	// DataRead: an application read the data of a connection.
	DataRead Action = "DataRead"
)

// Outcome says whether an action had an effect.
type Outcome string

// The outcomes.
const (
	// Succeeded: the action was done.
	Succeeded Outcome = "Succeeded"
	// Refused: the action was refused, for the reason of the record.
	Refused Outcome = "Refused"
)
