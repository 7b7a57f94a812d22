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

// Reasons why there is no client. They never carry what was refused.
var (
	// ErrURL: not an https URL of a host, and perhaps a port, and nothing else.
	ErrURL = errors.New("linkapi: the URL of the operator is not valid")
	// ErrCA: no certificate authorities in the file.
	ErrCA = errors.New("linkapi: the certificate authorities of the operator cannot be read")
	// ErrToken: no token in the file.
	ErrToken = errors.New("linkapi: the token for the operator cannot be read")
)

// ErrRefused: the operator does not know who asks, or does not let them. It is
// ErrUnavailable too, as the rights of who asks may be on their way.
var ErrRefused = fmt.Errorf("%w: the operator refuses the call", ErrUnavailable)

const (
	quickTimeout = 10 * time.Second
	// flinksTimeout is for what may wait for answers of Flinks.
	flinksTimeout = 75 * time.Second

	maxTokenFile = 16 << 10
)

// ClientOptions say where the operator is.
type ClientOptions struct {
	// URL of the operator, such as https://flinks-operator-link-api.flinks-system.svc:9443.
	URL string
	// CAFile holds, as PEM, who may have signed the operator's certificate. It is read
	// anew whenever it changes.
	CAFile string
	// TokenFile holds the token of the ServiceAccount. The kubelet replaces it, so it
	// is read for every call.
	TokenFile string
	// Transport replaces CAFile. It must not follow redirects.
	Transport http.RoundTripper
}

// Client asks the operator. It is safe for concurrent use, and never repeats a call.
type Client struct {
	base      string
	tokenFile string
	transport func() (http.RoundTripper, error)
}

// NewClient returns a client. The error is ErrURL, ErrCA or ErrToken. Files that are
// missing are no error: those of a pod that just started may come later.
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
		c.transport = (&trust{file: o.CAFile}).transport
	default:
		return nil, ErrCA
	}
	return c, nil
}

// View implements Backend.
func (c *Client) View(ctx context.Context, token Identifier) (View, error) {
	return c.askView(ctx, OpView, linkRequest{Token: token.Reveal()})
}

// Start implements Backend.
func (c *Client) Start(ctx context.Context, token Identifier) (View, error) {
	return c.askView(ctx, OpStart, linkRequest{Token: token.Reveal()})
}

// Finish implements Backend.
func (c *Client) Finish(ctx context.Context, token, loginID, requestID Identifier) (View, error) {
	return c.askView(ctx, OpFinish, finishRequest{
		Token: token.Reveal(), LoginID: loginID.Reveal(), RequestID: requestID.Reveal(),
	})
}

// Connect implements Backend.
func (c *Client) Connect(ctx context.Context, token Identifier) (Identifier, error) {
	var answer connectAnswer
	if err := c.ask(ctx, OpConnect, linkRequest{Token: token.Reveal()}, &answer); err != nil {
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
	if err := c.ask(ctx, OpWebhookKeys, keysRequest{Instance: instance}, &answer); err != nil {
		return nil, err
	}
	if len(answer.Keys) < 1 || len(answer.Keys) > 2 {
		return nil, ErrUnavailable
	}
	keys := make([]Identifier, 0, len(answer.Keys))
	for _, k := range answer.Keys {
		// An empty key is one that everybody has.
		if k == "" {
			return nil, ErrUnavailable
		}
		keys = append(keys, NewIdentifier(k))
	}
	return keys, nil
}

// Notify implements Backend.
func (c *Client) Notify(ctx context.Context, instance Instance, loginID Identifier) error {
	return c.ask(ctx, OpNotify, notifyRequest{Instance: instance, LoginID: loginID.Reveal()}, &notifyAnswer{})
}

func (c *Client) askView(ctx context.Context, op Operation, sent any) (View, error) {
	var v View
	if err := c.ask(ctx, op, sent, &v); err != nil {
		return View{}, err
	}
	if !states[v.State] {
		return View{}, ErrUnavailable
	}
	return v.cleaned(), nil
}

// ask makes a call. The error is one of the package's own: those of net/http print
// what they are about.
func (c *Client) ask(ctx context.Context, op Operation, sent, answer any) error {
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
	return judge(res, answer)
}

func (c *Client) request(ctx context.Context, op Operation, sent any) (*http.Request, error) {
	token, err := c.token()
	if err != nil {
		return nil, err
	}
	body, err := marshal(sent)
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

// token is that of the ServiceAccount. The error is ErrToken.
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

// judge reads an answer. Whatever is not plainly one of the operator's says nothing.
func judge(res *http.Response, answer any) error {
	if res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden {
		return ErrRefused
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != contentType {
		return ErrUnavailable
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return ErrUnavailable
	}
	if res.StatusCode != http.StatusOK {
		return failed(res.StatusCode, body)
	}
	if json.Unmarshal(body, answer) != nil || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return ErrUnavailable
	}
	return nil
}

// failed is the error that an answer tells of. Its code counts only under the status
// that belongs to it: others can answer 404 as well.
func failed(status int, body []byte) error {
	var f failure
	if json.Unmarshal(body, &f) != nil {
		return ErrUnavailable
	}
	err := errorOf(f.Code)
	if _, own := codeOf(err); own != status {
		return ErrUnavailable
	}
	return err
}
