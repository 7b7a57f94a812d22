package reconcile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

var errKilled = errors.New("killed")

// effects is the gate that everything a manager does to the world passes: API
// writes and Flinks calls. It counts them and can kill the manager at one of them:
// from then on nothing that this manager does has any effect.
type effects struct {
	mu     sync.Mutex
	names  []string
	reads  []string
	killed bool

	// killAt is the number of the effect at which the manager dies; 0 for never.
	killAt int
	// committed makes the last effect happen before the manager dies.
	committed bool
	// token is told every authorize token that Flinks issues.
	token func(string)
	// before runs ahead of an effect, and after when it happened.
	before, after func(name string)
	// beforeRead runs ahead of a read of a Secret.
	beforeRead func()
	// prune takes out of a written status what an old definition does not know.
	prune func(*v1alpha1.BankConnection)
	// forbidden makes the API server refuse to show Secrets, readOnly to take them,
	// and holdsForbidden to patch them.
	forbidden, readOnly, holdsForbidden bool
	// unguarded: there is no admission policy that bounds what is written to Secrets.
	unguarded bool
	// request stands in for the network: it is told the host, and sends no answer.
	request func(host string)
	// astray is the Flinks endpoint whose calls find no host.
	astray string
}

// do performs one effect.
func (e *effects) do(name string, effect func() error) error {
	e.mu.Lock()
	if e.killed {
		e.mu.Unlock()
		return errKilled
	}
	e.names = append(e.names, name)
	dies := len(e.names) == e.killAt
	e.killed = dies
	e.mu.Unlock()
	if e.before != nil {
		e.before(name)
	}
	if !dies {
		err := effect()
		if e.after != nil {
			e.after(name)
		}
		return err
	}
	if e.committed {
		_ = effect()
	}
	return errKilled
}

func (e *effects) isKilled() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.killed
}

// wrap returns a client whose writes are effects.
func (e *effects) wrap(c client.WithWatch) client.WithWatch {
	return interceptor.NewClient(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if e.isKilled() {
				return errKilled
			}
			if kind, ok := kindOfSecret(o); ok {
				e.mu.Lock()
				e.reads = append(e.reads, kind+" "+key.String())
				e.mu.Unlock()
				if e.beforeRead != nil {
					e.beforeRead()
				}
				if e.forbidden {
					return apierrors.NewForbidden(corev1.Resource("secrets"), key.Name, errKilled)
				}
			}
			return c.Get(ctx, key, o, opts...)
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return e.writeSecret("create", o, func() error { return c.Create(ctx, o, opts...) })
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			return e.writeSecret("update", o, func() error { return c.Update(ctx, o, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return e.writeSecret("delete", o, func() error { return c.Delete(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			if e.holdsForbidden && kindOf(o) == "Secret" {
				return apierrors.NewForbidden(corev1.Resource("secrets"), o.GetName(), errKilled)
			}
			return e.do("patch "+kindOf(o), func() error { return c.Patch(ctx, o, p, opts...) })
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			if c, ok := o.(*v1alpha1.BankConnection); ok && e.prune != nil {
				e.prune(c)
			}
			return e.do("update "+kindOf(o)+"/"+sub, func() error { return c.SubResource(sub).Update(ctx, o, opts...) })
		},
	})
}

// writeSecret returns all that a manager creates, updates and deletes itself.
func (e *effects) writeSecret(verb string, o client.Object, write func() error) error {
	return e.do(verb+" "+kindOf(o), func() error {
		if e.readOnly {
			return apierrors.NewForbidden(corev1.Resource("secrets"), o.GetName(), errKilled)
		}
		return write()
	})
}

// kindOfSecret tells a Secret from the metadata of one.
func kindOfSecret(o client.Object) (string, bool) {
	_, whole := o.(*corev1.Secret)
	if whole {
		return "Secret", true
	}
	return "metadata of Secret", o.GetObjectKind().GroupVersionKind() == corev1.SchemeGroupVersion.WithKind("Secret")
}

func kindOf(o client.Object) string {
	if m, ok := o.(*metav1.PartialObjectMetadata); ok {
		return m.Kind
	}
	name := fmt.Sprintf("%T", o)
	return name[strings.LastIndex(name, ".")+1:]
}

// transport returns a transport whose requests are effects.
func (e *effects) transport(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if e.request != nil {
			e.request(r.URL.Host)
			return nil, errKilled
		}
		var response *http.Response
		err := e.do("call "+endpoint(r), func() error {
			var err error
			if e.astray == endpoint(r) {
				r = r.Clone(r.Context())
				r.URL.Host = "127.0.0.1:1"
			}
			response, err = next.RoundTrip(r) //nolint:bodyclose // The caller's, or closed below.
			if err == nil && endpoint(r) == "GenerateAuthorizeToken" {
				e.readToken(response)
			}
			return err
		})
		if err != nil && response != nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			response = nil
		}
		return response, err
	})
}

// readToken tells the token of an answer, and leaves the answer as it was.
func (e *effects) readToken(response *http.Response) {
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct{ Token string }
	if err == nil && json.Unmarshal(body, &answer) == nil && answer.Token != "" {
		e.token(answer.Token)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// endpoint returns the name of the Flinks endpoint, without identifiers.
func endpoint(r *http.Request) string {
	_, path, _ := strings.Cut(r.URL.Path, "/BankingServices/")
	name, _, _ := strings.Cut(path, "/")
	return name
}
