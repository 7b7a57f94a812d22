package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/flinks-operator/flinks-operator/internal/flinkssim"
	"github.com/flinks-operator/flinks-operator/test/explore/apiserver"
	"github.com/flinks-operator/flinks-operator/test/explore/world"
)

func init() {
	// api is an error of the API server: before the effect nothing happened, after it the
	// answer was lost.
	kinds["api"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			if e.API == nil || e.API.Cached {
				return nil
			}
			i.w.WritesInDoubt = true
			// A Secret without the finalizer goes before the login is deleted.
			i.w.Unclear = i.w.Unclear || e.API.Kind == apiserver.Secret && e.Writes() && len(i.w.ContentsOrder) > 0
			return apiError(i.Arg, e.API)
		}
	}
	kinds["flinks"] = func(i *Injected) {
		i.act = func(e *world.Effect) error {
			if e.HTTP == nil || e.HTTP.Bank == nil {
				return nil
			}
			return disturb(i.Arg, e.HTTP)
		}
	}
	// stale answers one read of the cache as it would have been answered some changes before.
	kinds["stale"] = func(i *Injected) {
		kind, back := apiserver.Kind(i.args()[0]), -number(i.args()[1])
		i.act = func(e *world.Effect) error {
			log := i.w.Server.Log(kind)
			if e.API == nil || !e.API.Cached || len(log) < back {
				return nil
			}
			version := int64(1)
			if len(log) > back {
				version = log[len(log)-1-back].ResourceVersion
			}
			e.Process.Stale = func(read *world.Effect) int64 {
				if read.Index == e.Index {
					return version
				}
				return 0
			}
			// What the read did not show comes by again.
			i.w.After(0, func() { e.Process.Cache.Relist(kind, version) })
			return nil
		}
	}
}

// APIErrors are the errors of the API server.
var APIErrors = []string{"conflict", "forbidden", "notfound", "invalid", "throttled", "internal", "unavailable", "timeout", "eof"}

func apiError(name string, e *apiserver.Effect) error {
	resource := schema.GroupResource{Resource: strings.ToLower(string(e.Kind))}
	switch name {
	case "conflict":
		return apierrors.NewConflict(resource, e.Key.Name, errors.New("the object has been modified"))
	case "forbidden":
		return apierrors.NewForbidden(resource, e.Key.Name, errors.New("denied"))
	case "notfound":
		return apierrors.NewNotFound(resource, e.Key.Name)
	case "invalid":
		return apierrors.NewInvalid(schema.GroupKind{Kind: string(e.Kind)}, e.Key.Name, nil)
	case "throttled":
		return apierrors.NewTooManyRequests("too many requests", 1)
	case "internal":
		return apierrors.NewInternalError(errors.New("etcdserver: request timed out"))
	case "unavailable":
		return apierrors.NewServiceUnavailable("apiserver is shutting down")
	case "timeout":
		return fmt.Errorf("client rate limiter: %w", context.DeadlineExceeded)
	case "eof":
		return io.ErrUnexpectedEOF
	}
	panic("fault: there is no API error " + name)
}

// Unsent are the ways in which a call of Flinks takes no effect, Lost those in which it does
// and the answer does not arrive as it was sent.
var (
	Unsent = []string{"refused", "vanished", "429", "500", "503html", "redirect", "throttle", "key"}
	Lost   = []string{"reset", "truncated", "html", "empty", "garbage", "wrongtype", "huge"}
	// Outcomes are codes that a live call ends with at the bank.
	Outcomes = []string{"RETRY_LATER", "AGGREGATION_ERROR", "DISABLED_LOGIN", "INVALID_LOGIN", "NEW_ACCOUNT", "DISABLED_INSTITUTION", "SOMETHING_NEW"}
)

var errReset = errors.New("read tcp: connection reset by peer")

// disturb spoils the call that is about to be made, or its answer.
func disturb(how string, c *world.Call) error {
	switch how {
	case "refused":
		return world.ErrNotSent
	case "vanished":
		c.Lost = errReset
	case "reset":
		c.Lost = errReset
		return errReset // after the effect
	case "huge":
		c.Endless = true
	default:
		if err := c.Bank.InjectFault(answerOf(how, c.Endpoint)); err != nil {
			panic(err)
		}
	}
	return nil
}

// AsksBank reports whether calls of an endpoint may have an outcome of Outcomes.
func AsksBank(endpoint string) bool { return endpoint == "Authorize" || endpoint == "AuthorizeAsync" }

// answerOf returns what the simulator does instead of answering as it should.
func answerOf(how, endpoint string) flinkssim.Fault {
	f := flinkssim.Fault{Endpoint: endpoint}
	switch how {
	case "429":
		f.Status, f.RetryAfter = 429, 3*time.Minute
	case "500":
		f.Status = 500
	case "503html":
		f.Status, f.BodyKind = 503, flinkssim.BodyHTML
	case "redirect":
		f.Redirect = "https://elsewhere.example.com/"
	case "throttle":
		f.FlinksCode = "TOO_MANY_REQUESTS"
	case "key":
		f.Status, f.Body = 401, `{"HttpStatusCode":401,"Message":"You must provide a valid auth key","FlinksCode":"UNAUTHORIZED"}`
	case "truncated":
		f.BodyKind = flinkssim.BodyTruncated
	case "html":
		f.Status, f.BodyKind, f.Commit = 502, flinkssim.BodyHTML, true
	case "empty":
		f.BodyKind, f.Commit = flinkssim.BodyEmpty, true
	case "garbage":
		f.BodyKind, f.Commit = flinkssim.BodyGarbage, true
	case "wrongtype":
		f.BodyKind, f.Commit = flinkssim.BodyWrongType, true
	default:
		f.FlinksCode, f.AsOutcome = how, AsksBank(endpoint)
	}
	return f
}

func number(text string) int {
	n := 0
	if _, err := fmt.Sscanf(text, "%d", &n); err != nil {
		panic(err)
	}
	return n
}
