package linkapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Errors of NewClient. They do not contain the rejected value.
var (
	// ErrURL: the URL is not https, or has more than a host and a port.
	ErrURL = errors.New("linkapi: the URL of the operator is not valid")
	// ErrToken: the file has no token.
	ErrToken = errors.New("linkapi: the token for the operator cannot be read")
)

// ErrRefused: the operator could not authenticate or authorize the call. It wraps
// ErrUnavailable, because the rights of the gateway may not be in effect yet.
var ErrRefused = fmt.Errorf("%w: the operator refuses the call", ErrUnavailable)

const (
	quickTimeout = 10 * time.Second
	// flinksTimeout is for calls in which the operator may wait for Flinks.
	flinksTimeout = 75 * time.Second

	maxTokenFile = 16 << 10
)

// ClientOptions configure a client.
type ClientOptions struct {
	// URL of the operator, such as https://flinks-operator-link-api.flinks-system.svc:9443.
	URL string
	// CAFile has the certificates of the authorities that may sign the operator's
	// certificate, as PEM. The client reads it again when it changes.
	CAFile string
	// TokenFile has the token of the ServiceAccount. The client reads it for every call,
	// because the kubelet replaces it.
	TokenFile string
	// Transport replaces CAFile. It must not follow redirects.
	Transport http.RoundTripper
}

// Client calls the operator. It is safe for concurrent use, and never repeats a call.
type Client struct {
	base      string
	tokenFile string
	transport func() (http.RoundTripper, error)
}

// NewClient returns a client. The error is ErrURL, ErrCA or ErrToken. It does not read the
// files, which may appear only after the pod has started.
func NewClient(o ClientOptions) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || !isHost(u.Host) || u.User != nil || strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, ErrURL
	}
	if o.TokenFile == "" {
		return nil, ErrToken
	}
	c := &Client{base: "https://" + u.Host, tokenFile: o.TokenFile}
	switch {
	case o.Transport != nil:
		c.transport = func() (http.RoundTripper, error) { return o.Transport, nil }
	case o.CAFile != "":
		c.transport = (&caTransport{file: o.CAFile}).get
	default:
		return nil, ErrCA
	}
	return c, nil
}

// View implements Backend.
func (c *Client) View(ctx context.Context, visit Visit) (View, error) {
	return c.callView(ctx, OpView, requestOf(visit))
}

// Open implements Backend.
func (c *Client) Open(ctx context.Context, visit Visit) (View, error) {
	return c.callView(ctx, OpOpen, requestOf(visit))
}

// Logo implements Backend. What the page could not show is no logo.
func (c *Client) Logo(ctx context.Context, visit Visit) ([]byte, error) {
	var answer logoAnswer
	if err := c.call(ctx, OpLogo, requestOf(visit), &answer); err != nil {
		return nil, err
	}
	if LogoType(answer.Logo) == "" {
		return nil, ErrUnavailable
	}
	return answer.Logo, nil
}

// Start implements Backend.
func (c *Client) Start(ctx context.Context, visit Visit) (View, error) {
	return c.callView(ctx, OpStart, requestOf(visit))
}

// Finish implements Backend.
func (c *Client) Finish(ctx context.Context, visit Visit, loginID, requestID Identifier, accountIDs ...Identifier) (View, error) {
	sent := finishRequest{linkRequest: requestOf(visit), LoginID: loginID.Reveal(), RequestID: requestID.Reveal()}
	for _, id := range accountIDs {
		sent.AccountIDs = append(sent.AccountIDs, id.Reveal())
	}
	return c.callView(ctx, OpFinish, sent)
}

// Prove implements Backend.
func (c *Client) Prove(ctx context.Context, visit Visit, ticket Identifier) (View, error) {
	return c.callView(ctx, OpProve, proveRequest{linkRequest: requestOf(visit), Ticket: ticket.Reveal()})
}

// Connect implements Backend.
func (c *Client) Connect(ctx context.Context, visit Visit) (Identifier, error) {
	var answer connectAnswer
	if err := c.call(ctx, OpConnect, requestOf(visit), &answer); err != nil {
		return Identifier{}, err
	}
	if originOf(answer.URL) == "" {
		return Identifier{}, ErrUnavailable
	}
	return NewIdentifier(answer.URL), nil
}

// WebhookKeys implements Backend.
func (c *Client) WebhookKeys(ctx context.Context, instance Instance) ([]Identifier, error) {
	var answer keysAnswer
	if err := c.call(ctx, OpWebhookKeys, keysRequest{Instance: instance}, &answer); err != nil {
		return nil, err
	}
	if len(answer.Keys) < 1 || len(answer.Keys) > 2 {
		return nil, ErrUnavailable
	}
	keys := make([]Identifier, 0, len(answer.Keys))
	for _, k := range answer.Keys {
		// Anyone could sign with an empty key.
		if k == "" {
			return nil, ErrUnavailable
		}
		keys = append(keys, NewIdentifier(k))
	}
	return keys, nil
}

// Notify implements Backend.
func (c *Client) Notify(ctx context.Context, instance Instance, loginID Identifier) error {
	return c.call(ctx, OpNotify, notifyRequest{Instance: instance, LoginID: loginID.Reveal()}, &notifyAnswer{})
}

func (c *Client) callView(ctx context.Context, op Operation, sent any) (View, error) {
	var v View
	if err := c.call(ctx, op, sent, &v); err != nil {
		return View{}, err
	}
	if !states[v.State] {
		return View{}, ErrUnavailable
	}
	return v.sanitized(), nil
}

// call makes a call. The error is one of this package, because those of net/http contain
// the URL.
func (c *Client) call(ctx context.Context, op Operation, sent, answer any) error {
	timeout := quickTimeout
	if op == OpConnect || op == OpFinish {
		timeout = flinksTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := c.request(ctx, op, sent)
	if err != nil {
		return err
	}
	transport, err := c.transport()
	if err != nil {
		return err
	}
	// RoundTrip and not http.Client: no redirects, no cookies, no *url.Error.
	res, err := transport.RoundTrip(req)
	if err != nil {
		return ErrUnavailable
	}
	defer func() { _ = res.Body.Close() }()
	return readAnswer(res, answer, maxAnswer(op))
}

func (c *Client) request(ctx context.Context, op Operation, sent any) (*http.Request, error) {
	token, err := c.token()
	if err != nil {
		return nil, err
	}
	body, err := marshal(sent, maxBody)
	if err != nil {
		return nil, ErrInvalid
	}
	//nolint:gosec // The base comes from a flag, the operation from a constant.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+Path+string(op), bytes.NewReader(body))
	if err != nil {
		return nil, ErrUnavailable
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", contentType)
	req.Header.Set("User-Agent", "flinks-operator-gateway")
	req.Header.Set("Authorization", "Bearer "+token)
	return req, nil
}

// token reads the token of the ServiceAccount. The error is ErrToken.
func (c *Client) token() (string, error) {
	f, err := os.Open(c.tokenFile) //nolint:gosec // It comes from a flag.
	if err != nil {
		return "", ErrToken
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	token := string(bytes.TrimSpace(raw))
	odd := strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
	if err != nil || len(raw) > maxTokenFile || token == "" || odd {
		return "", ErrToken
	}
	return token, nil
}

// readAnswer decodes an answer. One that is not clearly the operator's is
// ErrUnavailable.
func readAnswer(res *http.Response, answer any, most int) error {
	if res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden {
		return ErrRefused
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != contentType {
		return ErrUnavailable
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(most)+1))
	if err != nil || len(body) > most {
		return ErrUnavailable
	}
	if res.StatusCode != http.StatusOK {
		return readError(res.StatusCode, body)
	}
	if json.Unmarshal(body, answer) != nil || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return ErrUnavailable
	}
	return nil
}

// readError returns the error of an error answer. A code counts only with the status that
// belongs to it, because other servers than the operator can answer 404 as well.
func readError(status int, body []byte) error {
	var a errorAnswer
	if json.Unmarshal(body, &a) != nil {
		return ErrUnavailable
	}
	err := errorOf(a.Code)
	if _, own := codeOf(err); own != status {
		return ErrUnavailable
	}
	return err
}
