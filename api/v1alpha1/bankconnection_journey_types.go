package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// JourneyState is how far a customer has come with a link, or how the link ended.
//
// +kubebuilder:validation:Enum=Issued;Opened;LeftForBank;Returned;Completed;Abandoned;Expired;Replaced
type JourneyState string

const (
	// JourneyIssued means that the operator made the link.
	JourneyIssued JourneyState = "Issued"
	// JourneyOpened means that the customer opened the gateway's page.
	JourneyOpened JourneyState = "Opened"
	// JourneyLeftForBank means that the page opened Flinks Connect.
	JourneyLeftForBank JourneyState = "LeftForBank"
	// JourneyReturned means that Flinks Connect reported its end to the page.
	JourneyReturned JourneyState = "Returned"
	// JourneyCompleted means that the customer has nothing to do any more.
	JourneyCompleted JourneyState = "Completed"
	// JourneyAbandoned means that the customer did not go on for 15 minutes.
	JourneyAbandoned JourneyState = "Abandoned"
	// JourneyExpired means that the link stopped working, or was taken away.
	JourneyExpired JourneyState = "Expired"
	// JourneyReplaced means that the operator made a newer link before this one had
	// expired.
	JourneyReplaced JourneyState = "Replaced"
)

// LinkJourney is what became of the newest link for the customer. It names no person,
// no browser and no address.
type LinkJourney struct {
	// state is how far the customer has come with the link: Issued (the operator made
	// it), Opened (the customer opened the gateway's page), LeftForBank (the page opened
	// Flinks Connect), Returned (Flinks Connect reported its end to the page), Completed
	// (the customer has nothing to do any more, by this link or otherwise), Abandoned
	// (the customer did not go on for 15 minutes; opening the link again leads back to
	// Opened) or Expired (the link stopped working, or was taken away). Of a Direct
	// link the operator knows only Issued, Completed and Expired. Replaced is the state
	// of a link in previous only.
	//
	// +required
	State JourneyState `json:"state"`

	// reason is why the login that the customer returned with was not taken:
	// OtherLogin (the object is bound to another one), LoginNotVerified (nothing
	// proves that it was linked with the link) or DuplicateLogin (another
	// BankConnection is bound to it). Absent otherwise, and once the customer goes on.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// issuedTime is when the operator made the link.
	//
	// +required
	IssuedTime metav1.Time `json:"issuedTime"`

	// openedTime is when the customer opened the gateway's page: for the first time,
	// or for the first time after the link was abandoned. Programs that read links in
	// mails do not count.
	//
	// +optional
	OpenedTime *metav1.Time `json:"openedTime,omitempty"`

	// leftForBankTime is when the page first opened Flinks Connect, or did so for the
	// first time after the link was abandoned.
	//
	// +optional
	LeftForBankTime *metav1.Time `json:"leftForBankTime,omitempty"`

	// returnedTime is when Flinks Connect first reported its end to the page, or did so
	// for the first time after the link was abandoned. A customer who opens the link
	// again after they left, for a login that is bound, has returned as well.
	//
	// +optional
	ReturnedTime *metav1.Time `json:"returnedTime,omitempty"`

	// completedTime is when the operator found that the customer has nothing to do any
	// more.
	//
	// +optional
	CompletedTime *metav1.Time `json:"completedTime,omitempty"`

	// abandonedTime is when the customer had last not gone on for 15 minutes.
	//
	// +optional
	AbandonedTime *metav1.Time `json:"abandonedTime,omitempty"`

	// expiredTime is when the link stopped working, or was taken away.
	//
	// +optional
	ExpiredTime *metav1.Time `json:"expiredTime,omitempty"`

	// previous is how the link before this one ended. Absent for the first link.
	//
	// +optional
	Previous *EndedLink `json:"previous,omitempty"`
}

// EndedLink is how a link ended that a newer one followed.
type EndedLink struct {
	// state is Completed, Expired, or Replaced if the link could still have been used
	// when the operator made the next one.
	//
	// +required
	// +kubebuilder:validation:Enum=Completed;Expired;Replaced
	State JourneyState `json:"state"`

	// issuedTime is when the operator had made that link.
	//
	// +required
	IssuedTime metav1.Time `json:"issuedTime"`

	// endedTime is when that link came to this end.
	//
	// +required
	EndedTime metav1.Time `json:"endedTime"`
}
