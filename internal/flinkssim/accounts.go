package flinkssim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// dataRequest is the body of GetAccountsDetail and GetAccountsSummary.
type dataRequest struct {
	RequestID           string    `json:"RequestId"`
	WithAccountIdentity *flexBool `json:"WithAccountIdentity"`
	WithKYC             *flexBool `json:"WithKYC"`
	WithTransactions    *flexBool `json:"WithTransactions"`
	WithBalance         *flexBool `json:"WithBalance"`
	DaysOfTransactions  string    `json:"DaysOfTransactions"`
	AccountsFilter      []string  `json:"AccountsFilter"`
}

func wanted(b *flexBool) bool { return b == nil || bool(*b) }

// detailBody is the 200 of GetAccountsDetail.
type detailBody struct {
	HTTPStatusCode  int             `json:"HttpStatusCode"`
	Accounts        []accountDetail `json:"Accounts"`
	InstitutionName string          `json:"InstitutionName,omitempty"`
	Login           loginBody       `json:"Login"`
	InstitutionID   int             `json:"InstitutionId"`
	Institution     string          `json:"Institution"`
	Tag             string          `json:"Tag,omitempty"`
	RequestID       string          `json:"RequestId"`
}

// summaryBody is the 200 of GetAccountsSummary.
type summaryBody struct {
	HTTPStatusCode  int              `json:"HttpStatusCode"`
	Accounts        []accountSummary `json:"Accounts"`
	Links           []link           `json:"Links"`
	InstitutionName string           `json:"InstitutionName,omitempty"`
	Login           loginBody        `json:"Login"`
	InstitutionID   int              `json:"InstitutionId"`
	Institution     string           `json:"Institution"`
	Tag             string           `json:"Tag,omitempty"`
	RequestID       string           `json:"RequestId"`
}

// readDataRequest reads the body of the first call, or the path of a poll.
func readDataRequest(x *exchange) (in dataRequest, err error) {
	if id := x.request.PathValue("requestId"); id != "" {
		return dataRequest{RequestID: id}, nil
	}
	err = x.decode(&in)
	return in, err
}

func (s *Server) describeData(x *exchange) {
	in, err := readDataRequest(x)
	if err != nil {
		return
	}
	x.requestID = in.RequestID
	if sess := s.sessions[strings.ToLower(in.RequestID)]; sess != nil {
		x.loginID = sess.login.id
	}
}

// accountsDetail answers POST GetAccountsDetail and its poll, which takes no options:
// it delivers what the first call asked for.
func (s *Server) accountsDetail(x *exchange) reply {
	sess, in, rejection := s.openData(x, "GetAccountsDetailAsync")
	if rejection != nil {
		return *rejection
	}
	accounts, known := s.accountsOf(sess, in)
	if !known {
		return s.invalidRequest().about(sess)
	}
	body := s.detailBody(sess, accounts)
	sess.delivered, sess.detailed = true, true
	return jsonReply(http.StatusOK, body).about(sess).took()
}

// detailBody returns the same for a call and for a webhook.
func (s *Server) detailBody(sess *session, accounts []accountDetail) detailBody {
	l := sess.login
	body := detailBody{
		HTTPStatusCode: http.StatusOK, Accounts: accounts, Login: l.body(),
		InstitutionID: institutionID, Institution: l.institution, Tag: s.tagOf(sess), RequestID: sess.id,
	}
	if s.knobs.InstitutionNameField {
		body.InstitutionName = l.institution
	}
	return body
}

// tagOf returns the tag that comes with the data of a session.
func (s *Server) tagOf(sess *session) string {
	switch s.knobs.TagScope {
	case TagScopeLogin:
		return sess.login.tag
	case TagScopeNone:
		return ""
	}
	return sess.tag
}

// accountsSummary answers POST GetAccountsSummary and its poll.
func (s *Server) accountsSummary(x *exchange) reply {
	sess, in, rejection := s.openData(x, "GetAccountsSummaryAsync")
	if rejection != nil {
		return *rejection
	}
	accounts, known := s.accountsOf(sess, in)
	if !known {
		return s.invalidRequest().about(sess)
	}
	l := sess.login
	body := summaryBody{
		HTTPStatusCode: http.StatusOK, Accounts: summaries(accounts),
		Links: s.knobs.dataLinks("AccountsDetail", "Statements"), Login: l.body(),
		InstitutionID: institutionID, Institution: l.institution, Tag: s.tagOf(sess), RequestID: sess.id,
	}
	if s.knobs.InstitutionNameField {
		body.InstitutionName = l.institution
	}
	sess.delivered = true
	return jsonReply(http.StatusOK, body).about(sess).took()
}

// openData checks what all data calls check first: key, RequestId, authorisation and
// whether the data has been collected.
func (s *Server) openData(x *exchange, asyncCall string) (*session, *dataRequest, *reply) {
	in, err := readDataRequest(x)
	if !s.apiKeyOK(x) {
		return nil, nil, new(s.unauthorized(messageAuthKey))
	}
	if err != nil || in.RequestID == "" || !validDays(in.DaysOfTransactions) {
		return nil, nil, new(s.invalidRequest())
	}
	sess, dead := s.apiSession(in.RequestID)
	if !s.ownCustomer(x) || x.stranger {
		sess, dead = nil, codeSessionNonexistent
	}
	switch {
	case dead != "":
		return nil, nil, new(s.deadSession(sess, dead))
	case !sess.readable:
		return nil, nil, new(s.bankAnswer(sess, codeUnauthorized, nil))
	}
	first := x.request.Method == http.MethodPost
	if !first && sess.dataAskedAt.IsZero() && !s.knobs.PollUnasked {
		return nil, nil, new(s.invalidRequest().about(sess))
	}
	request := sess.remember(in, first)
	if s.collecting(sess) {
		return nil, nil, new(s.pending(sess, asyncCall))
	}
	sess.touched = s.clock.Now()
	return sess, request, nil
}

// remember keeps the options of the first call for the polls that follow it.
func (sess *session) remember(in dataRequest, first bool) *dataRequest {
	if first || sess.asked == nil {
		sess.asked = &in
	}
	return sess.asked
}

// collecting: a data call right after a live success finds the data not there
// yet, the first one in any case.
func (s *Server) collecting(sess *session) bool {
	l, now := sess.login, s.clock.Now()
	first := l.detailsPending
	l.detailsPending = false
	return first || now.Before(l.processingUntil)
}

func (s *Server) pending(sess *session, asyncCall string) reply {
	if sess.login.behaviour().dispatched {
		return s.pendingAs(codeOperationDispatched, sess, asyncCall)
	}
	return s.pendingAs(codeOperationPending, sess, asyncCall)
}

func (s *Server) pendingAs(code string, sess *session, asyncCall string) reply {
	if sess.dataAskedAt.IsZero() {
		sess.dataAskedAt = s.clock.Now()
	}
	r := jsonReply(http.StatusAccepted, pendingBody{
		FlinksCode: code, Links: pendingLinks(asyncCall, sess.id),
		HTTPStatusCode: http.StatusAccepted, Message: messageOf(code), RequestID: sess.id,
	})
	r.code = code
	return r.about(sess).took()
}

// validDays accepts the two documented values and the name that the second one
// had until 2018.
func validDays(days string) bool {
	return slices.Contains([]string{"", "Days90", "Days365", "Days360"}, days)
}

// accountsOf returns the accounts that a call may see: none after the retention,
// all without a filter, whatever the person picked in the selector. A filter
// with an id that is not of this login is refused.
func (s *Server) accountsOf(sess *session, in *dataRequest) (accounts []accountDetail, known bool) {
	accounts = []accountDetail{}
	if s.dataGone(sess.login) {
		return accounts, true
	}
	filter := in.AccountsFilter
	if len(filter) == 0 && s.knobs.ResumeFiltersData {
		filter = sess.accounts
	}
	if s.knobs.AccountsFilterIgnored {
		filter = nil
	}
	all := s.allAccounts(sess.login, in)
	for _, id := range filter {
		if !slices.ContainsFunc(all, func(a accountDetail) bool { return a.ID == id }) {
			return nil, false
		}
	}
	for _, a := range all {
		if len(filter) == 0 || slices.Contains(filter, a.ID) {
			accounts = append(accounts, a)
		}
	}
	return accounts, true
}

func (s *Server) dataGone(l *login) bool {
	if l.lastRefresh.IsZero() {
		return true
	}
	days := s.knobs.RetentionDays
	return days > 0 && s.clock.Since(l.lastRefresh) > inDays(days)
}

// allAccounts returns the accounts of a login as the bank has them; the selector of
// Connect shows the same.
func (s *Server) allAccounts(l *login, in *dataRequest) []accountDetail {
	templates := bankAccounts
	if l.behaviour().dispatched {
		templates = templates[:1] // a dispatched operation yields a partial result
	}
	if l.behaviour().dollars {
		templates = slices.Concat(templates, []accountTemplate{dollarAccount})
	}
	accounts := make([]accountDetail, 0, len(templates))
	for i, t := range templates {
		a := t.detail(l.accountID(i), in)
		if wanted(in.WithTransactions) && !l.behaviour().noActivity {
			a.Transactions = transactions(l, a.ID, cmp.Or(in.DaysOfTransactions, "Days90"))
		}
		if s.knobs.SwapCategoryAndType {
			a.Category, a.Type = a.Type, a.Category
		}
		accounts = append(accounts, a)
	}
	return accounts
}
