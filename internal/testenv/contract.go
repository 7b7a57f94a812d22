package testenv

// Contract is all that the operator does outside of itself: each kind of call of the API server, with
// the type of a patch and the preconditions, and each kind of call of Flinks. The explorer's model is
// made of these, and reaches each of them; what a real manager does must be among them, or it was
// never explored.
var Contract = []string{
	"call Authorize cached",
	"call Authorize live",
	"call AuthorizeAsync live",
	"call AuthorizeAsync poll",
	"call DeleteCard",
	"call GenerateAuthorizeToken",
	"call GetAccountsDetail",
	"call GetAccountsDetailAsync",
	"call GetAccountsSummary",
	"call GetNightlyRefreshStatus",
	"call SetScheduledRefresh",
	"create Event",
	"create Secret",
	"delete Secret with resourceVersion",
	"get BankConnection",
	"get ClusterFlinksInstance",
	"get FlinksInstance",
	"get Secret",
	"list BankConnection",
	"patch BankConnection by merge with resourceVersion",
	"patch ClusterFlinksInstance by merge with resourceVersion",
	"patch FlinksInstance by merge with resourceVersion",
	"patch Secret by merge with resourceVersion",
	"update BankConnection/status with resourceVersion",
	"update ClusterFlinksInstance/status with resourceVersion",
	"update FlinksInstance/status with resourceVersion",
	"update RefreshPolicy/status with resourceVersion",
	"update Secret with resourceVersion",
}
